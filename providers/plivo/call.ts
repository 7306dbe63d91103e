import { formOf } from '../../shared/form.ts';
import type { HttpRequest } from '../../shared/http.ts';
import { isParty, withPlus } from '../../shared/party.ts';
import type { Call } from '../../shared/provider.ts';
import { UUID } from '../../shared/uuid.ts';

const STATUS = /^(?:ringing|in-progress|completed|busy|failed|timeout|no-answer|cancel)$/;
const DIRECTION = /^(?:inbound|outbound)$/;

/**
 * One call, or null. Read after the signature and as if there were none, because the signature does not say where a name
 * ends and its value begins.
 *
 * @see https://docs.plivo.com/docs/voice/xml/request (read 2026-11-21)
 */
export function readCall(request: HttpRequest): Call | null {
  const form = formOf(request);
  if (!form) return null;
  const read = (name: string): string => form.get(name) ?? '';
  const id = read('CallUUID');
  const direction = read('Direction');
  if (!UUID.test(id) || !STATUS.test(read('CallStatus')) || !DIRECTION.test(direction)) return null;
  const from = withPlus(read('From'));
  const to = withPlus(read('To'));
  if (!isParty(from) || !isParty(to)) return null;
  return { id, from, to, direction: direction === 'inbound' ? 'inbound' : 'outbound' };
}
