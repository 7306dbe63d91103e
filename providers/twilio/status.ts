import type { CallEvent } from '../../shared/call-status.ts';
import type { Call, Provider } from '../../shared/provider.ts';
import { causeFrom, eventForm, readCallbacks } from '../callbacks.ts';
import { CALL_SID } from './call.ts';
import { faultOf } from './stream-errors.ts';

/**
 * `StatusCallback` of calls, and `statusCallback` of `<Stream>`. Not documented where it was looked for, and so never
 * required: `Timestamp`, `SequenceNumber`, `SipResponseCode`.
 *
 * @see https://www.twilio.com/docs/voice/twiml/stream (read 2026-11-21)
 */
export function readers(accountSid: string): Required<Pick<Provider, 'readStatus' | 'readStreamStatus'>> {
  return readCallbacks({
    callId: CALL_SID,
    streamId: /^MZ[0-9a-f]{32}$/,
    isOurs: (account) => account === accountSid,
    causeOf(form) {
      const sip = /^[1-6][0-9]{2}$/.exec(form.get('SipResponseCode') ?? '')?.[0];
      return causeFrom(sip && `SIP ${sip}`);
    },
    faultOf,
  });
}

/** What Twilio sends about an event: RFC 2822 for calls, ISO 8601 for streams. */
export function statusForm(
  { id, from, to, direction }: Call,
  event: CallEvent,
  accountSid: string,
): Record<string, string> {
  const isStream = 'streamId' in event;
  const about = isStream
    ? {}
    : {
        ApiVersion: '2010-04-01',
        Direction: direction === 'inbound' ? 'inbound' : 'outbound-api',
        From: from,
        To: to,
      };
  return { AccountSid: accountSid, CallSid: id, ...about, ...eventForm(event, isStream ? iso : mail) };
}

function mail(at: number): string {
  return new Date(at).toUTCString().replace('GMT', '+0000');
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
