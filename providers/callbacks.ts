import {
  callEventOf,
  instantOf,
  isCallEnd,
  toldText,
  wholeOf,
  type CallEvent,
  type CallNotice,
  type CallWords,
  type StreamFault,
} from '../shared/call-status.ts';
import { formOf, type Form } from '../shared/form.ts';
import type { Provider } from '../shared/provider.ts';
import { lookUp } from '../shared/table.ts';

/** What an error of a stream is, and what to do about it. */
export type Fault = Pick<StreamFault, 'type' | 'code' | 'meaning' | 'cure'>;

/** What varies in the callbacks of carriers that descend from Twilio's. */
export interface Callbacks {
  /** What ids look like. */
  readonly callId: RegExp;
  readonly streamId: RegExp;
  readonly isOurs: (accountId: string) => boolean;
  /** Why a call ended, in the carrier's words. */
  readonly causeOf: (form: Form) => string | null;
  /** `said`: what stands in `StreamError`. */
  readonly faultOf: (said: string, form: Form) => Fault;
}

const words: CallWords = {
  queued: 'queued',
  initiated: 'queued',
  ringing: 'ringing',
  answered: 'answered',
  'in-progress': 'answered',
  completed: 'completed',
  busy: 'busy',
  'no-answer': 'no-answer',
  failed: 'failed',
  canceled: 'canceled',
};
const streamEvents: Readonly<Record<string, 'stream-started' | 'stream-stopped' | 'stream-error'>> = {
  'stream-started': 'stream-started',
  'stream-stopped': 'stream-stopped',
  'stream-error': 'stream-error',
  // Telnyx writes both.
  'stream-failed': 'stream-error',
};
/** Words that carriers may add one day: known as such, and of no interest here. */
const WORD = /^[a-z]{1,20}(?:-[a-z]{1,20}){0,3}$/;

/**
 * The readers of a provider. Strict, as `readCall` is, because a signature over a form does not say where a name ends and its
 * value begins.
 */
export function readCallbacks(given: Callbacks): Required<Pick<Provider, 'readStatus' | 'readStreamStatus'>> {
  const read = (
    form: Form | null,
    word: string,
    event: (form: Form) => CallEvent | null,
  ): CallNotice | null => {
    const callId = form?.get('CallSid') ?? '';
    const isSound = given.callId.test(callId) && given.isOurs(form?.get('AccountSid') ?? '');
    if (!form || !isSound || !WORD.test(form.get(word) ?? '')) return null;
    return { callId, event: event(form) };
  };
  return {
    readStatus: (request) =>
      read(formOf(request), 'CallStatus', (form) =>
        callEventOf(words, form.get('CallStatus') ?? '', told(form), () => ({
          duration: wholeOf(form.get('CallDuration') ?? form.get('Duration')),
          cause: given.causeOf(form),
        })),
      ),
    readStreamStatus: (request) => read(formOf(request), 'StreamEvent', (form) => streamEvent(form, given)),
  };
}

function told(form: Form): { readonly sentAt: number | null; readonly sequence: number | null } {
  return { sentAt: instantOf(form.get('Timestamp')), sequence: wholeOf(form.get('SequenceNumber')) };
}

function streamEvent(form: Form, { streamId: shape, faultOf }: Callbacks): CallEvent | null {
  const type = lookUp(streamEvents, form.get('StreamEvent') ?? '');
  if (!type) return null;
  const id = form.get('StreamSid') ?? '';
  const common = { ...told(form), streamId: shape.test(id) ? id : null };
  if (type !== 'stream-error') return { type, ...common };
  const said = toldText(form.get('StreamError') ?? '');
  return { ...common, said, ...faultOf(said, form) };
}

/** Texts that are there, joined; null when there are none. */
export function causeFrom(...parts: readonly (string | undefined)[]): string | null {
  return toldText(parts.filter((part) => part).join(', ')) || null;
}

/** The other direction, for the simulator: what a callback says about an event. `write`: an instant as the carrier writes it. */
export function eventForm(event: CallEvent, write: (at: number) => string): Record<string, string> {
  const at = event.sentAt === null ? {} : { Timestamp: write(event.sentAt) };
  const sequence = event.sequence === null ? {} : { SequenceNumber: `${event.sequence}` };
  if ('streamId' in event) {
    const streamId = event.streamId === null ? {} : { StreamSid: event.streamId };
    const isFault = 'said' in event;
    const error = isFault ? { StreamError: event.said } : {};
    return { StreamEvent: isFault ? 'stream-error' : event.type, ...streamId, ...error, ...at, ...sequence };
  }
  const duration = isCallEnd(event) && event.duration !== null ? { CallDuration: `${event.duration}` } : {};
  const named: Readonly<Record<string, string>> = { queued: 'initiated', answered: 'in-progress' };
  const source = { CallbackSource: 'call-progress-events' };
  return { CallStatus: named[event.type] ?? event.type, ...duration, ...source, ...at, ...sequence };
}
