import { formOf } from '../../shared/form.ts';
import type { HttpRequest } from '../../shared/http.ts';
import { isParty } from '../../shared/party.ts';
import type { Call } from '../../shared/provider.ts';
import { UUID } from '../../shared/uuid.ts';

/** A UUID, or a call control id. */
export const CALL_ID: RegExp =
  /^(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|v[0-9]:[A-Za-z0-9_-]{1,200})$/;

/** Sent with some requests only: may be absent, must not be anything else. */
const optional: Readonly<Record<string, RegExp>> = {
  CallStatus: /^(?:queued|initiated|ringing|answered|in-progress|completed|busy|failed|no-answer|canceled)$/,
  Direction: /^(?:inbound|outbound|outbound-api|outbound-dial)$/,
};

/**
 * One call, or null: the TeXML fetch of instructions, whose `CallSid` is the call control id.
 *
 * @see https://github.com/team-telnyx/knowledge-base/blob/96101f563d385f87f8cb3d10214a3ea68cdfc6bc/wiki/runbooks/texml-instruction-fetching.md (read 2026-11-21)
 */
export function readCall(request: HttpRequest): Call | null {
  const form = formOf(request);
  if (!form) return null;
  const read = (name: string): string => form.get(name) ?? '';
  const id = read('CallSid');
  if (!UUID.test(read('AccountSid')) || !CALL_ID.test(id)) return null;
  for (const [name, shape] of Object.entries(optional)) {
    if (form.has(name) && !shape.test(read(name))) return null;
  }
  const from = read('From');
  const to = read('To');
  if (!isParty(from) || !isParty(to)) return null;
  return { id, from, to, direction: read('Direction').startsWith('outbound') ? 'outbound' : 'inbound' };
}
