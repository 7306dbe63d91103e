import { queryOf, readForm } from '../../shared/form.ts';
import type { HttpRequest } from '../../shared/http.ts';
import { isParty, withPlus } from '../../shared/party.ts';
import type { Call } from '../../shared/provider.ts';

export const ID: RegExp = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const STATUS = /^(?:ringing|in-progress|completed|busy|failed|timeout|no-answer|cancel)$/;
const DIRECTION = /^(?:inbound|outbound)$/;

/**
 * One call, or null. Read after the signature and as if there were none, because the signature does not say where a name
 * ends and its value begins.
 *
 * @see https://docs.plivo.com/docs/voice/xml/request (read 2026-11-21)
 */
export function readCall({ method, url, body }: HttpRequest): Call | null {
  const form = readForm(method === 'GET' ? queryOf(url) : body);
  if (!form) return null;
  const read = (name: string): string => form.get(name) ?? '';
  const id = read('CallUUID');
  const direction = read('Direction');
  if (!ID.test(id) || !STATUS.test(read('CallStatus')) || !DIRECTION.test(direction)) return null;
  const from = withPlus(read('From'));
  const to = withPlus(read('To'));
  if (!isParty(from) || !isParty(to)) return null;
  return { id, from, to, direction: direction === 'inbound' ? 'inbound' : 'outbound' };
}
