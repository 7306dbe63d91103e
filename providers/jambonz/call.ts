import { parseFields } from '../../shared/fields.ts';
import type { HttpRequest } from '../../shared/http.ts';
import { isParty, withPlus } from '../../shared/party.ts';
import type { Call } from '../../shared/provider.ts';
import { UUID } from '../../shared/uuid.ts';

/** The user part of a registered SIP device: it begins with a letter, or it would be a mistyped number. */
const USER = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/;

/**
 * One call, or null: what Jambonz posts to the calling webhook, and to the hook of a `redirect`. A GET says nothing about the
 * call. Numbers come as the SIP trunk spells them; one who is no number is a registered device.
 *
 * @see https://github.com/jambonz/jambonz-feature-server/blob/0446874af9dce2456b510d64a1f8b01507a751cc/lib/session/call-info.js (read 2026-11-21)
 */
export function readCall({ method, body }: HttpRequest, accountSid: string): Call | null {
  if (method !== 'POST') return null;
  try {
    const fields = parseFields(body, 'ERR_REQUEST_INVALID');
    const id = fields.string('call_sid');
    const from = partyOf(fields.string('from'));
    const to = partyOf(fields.string('to'));
    const direction = fields.string('direction');
    if (!UUID.test(id) || fields.string('account_sid') !== accountSid) return null;
    if (!isParty(from) || !isParty(to)) return null;
    if (direction !== 'inbound' && direction !== 'outbound') return null;
    return { id, from, to, direction };
  } catch {
    return null;
  }
}

/** A SIP user as a party of ours. */
export function partyOf(spelling: string): string {
  if (isParty(spelling)) return withPlus(spelling);
  return USER.test(spelling) ? `client:${spelling}` : spelling;
}
