import { formOf } from '../../shared/form.ts';
import type { HttpRequest } from '../../shared/http.ts';
import { isParty } from '../../shared/party.ts';
import type { Call } from '../../shared/provider.ts';

export const CALL_SID: RegExp = /^CA[0-9a-f]{32}$/;

/** What Twilio sends about every call, and what it may say. Names and values of others are not looked at. */
const schema: Readonly<Record<string, RegExp>> = {
  ApiVersion: /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/,
  CallStatus: /^(?:queued|initiated|ringing|answered|in-progress|completed|busy|failed|no-answer|canceled)$/,
  Direction: /^(?:inbound|outbound-api|outbound-dial)$/,
};

/**
 * One call of our account, or null. Read after the signature and as if there were none, because the signature does not
 * say where a name ends and its value begins. `callSid`: what a call's id looks like in the dialect at hand.
 *
 * @see https://www.twilio.com/docs/voice/twiml (read 2026-11-21)
 */
export function readCall(request: HttpRequest, accountSid: string, callSid: RegExp = CALL_SID): Call | null {
  const form = formOf(request);
  if (!form || form.get('AccountSid') !== accountSid) return null;
  const read = (name: string): string => form.get(name) ?? '';
  if (!callSid.test(read('CallSid'))) return null;
  if (!Object.entries(schema).every(([name, shape]) => shape.test(read(name)))) return null;
  const from = read('From');
  const to = read('To');
  if (!isParty(from) || !isParty(to)) return null;
  const direction = read('Direction') === 'inbound' ? 'inbound' : 'outbound';
  return { id: read('CallSid'), from, to, direction };
}
