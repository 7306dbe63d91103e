import type { CallEvent } from '../../shared/call-status.ts';
import type { Form } from '../../shared/form.ts';
import type { Call, Provider } from '../../shared/provider.ts';
import { UUID } from '../../shared/uuid.ts';
import { causeFrom, eventForm, readCallbacks } from '../callbacks.ts';
import { CALL_ID } from './call.ts';
import { faultOf } from './stream-errors.ts';

/**
 * @see https://developers.telnyx.com/api-reference/callbacks/texml-call-completed (read 2026-11-21)
 * @see https://developers.telnyx.com/api-reference/callbacks/texml-stream (read 2026-11-21)
 */
export const readers: Required<Pick<Provider, 'readStatus' | 'readStreamStatus'>> = readCallbacks({
  callId: CALL_ID,
  streamId: /^[A-Za-z0-9-]{1,64}$/,
  isOurs: (account) => UUID.test(account),
  causeOf,
  faultOf,
});

/** `normal_clearing, by caller, SIP 200`. */
function causeOf(form: Form): string | null {
  const source = form.get('HangupSource');
  const sip = form.get('SipHangupCause');
  const error = form.get('ErrorMessage');
  return causeFrom(form.get('HangupCause'), source && `by ${source}`, sip && `SIP ${sip}`, error);
}

/** What Telnyx sends about an event, for the simulator. */
export function statusForm(
  { id, from, to }: Call,
  event: CallEvent,
  accountId: string,
): Record<string, string> {
  const parties = 'streamId' in event ? {} : { From: from, To: to, ConnectionId: '1684641123236054244' };
  return { AccountSid: accountId, CallSid: id, CallSidLegacy: id, ...parties, ...eventForm(event, iso) };
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
