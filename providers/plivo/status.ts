import {
  callEventOf,
  instantOf,
  isCallEnd,
  toldText,
  wholeOf,
  type CallEvent,
  type CallNotice,
  type CallWords,
} from '../../shared/call-status.ts';
import { formOf, type Form } from '../../shared/form.ts';
import type { HttpRequest } from '../../shared/http.ts';
import type { Call } from '../../shared/provider.ts';
import { withoutPlus } from '../../shared/party.ts';
import { lookUp } from '../../shared/table.ts';
import { UUID } from '../../shared/uuid.ts';
import { causeFrom, type Fault } from '../callbacks.ts';

const words: CallWords = {
  queued: 'queued',
  initiated: 'queued',
  ringing: 'ringing',
  'in-progress': 'answered',
  completed: 'completed',
  busy: 'busy',
  failed: 'failed',
  timeout: 'no-answer',
  'no-answer': 'no-answer',
  cancel: 'canceled',
};
const WORD = /^[A-Za-z]{1,20}(?:-[a-z]{1,20})?$/;

const faults: Readonly<Record<string, Fault>> = {
  DroppedStream: {
    type: 'stream-error',
    code: null,
    meaning: 'Plivo could not open the WebSocket, lost it, or gave it up because it was too slow',
    cure: 'look for this call in the log: was its upgrade refused here (token, capacity, bot), or did it never arrive?',
  },
  DegradedStream: {
    type: 'stream-degraded',
    code: null,
    meaning: 'the WebSocket is read too slowly: 30, 60 or 90 % of the 40 s that Plivo buffers are full',
    cure: 'look at the bot’s processor and event loop, and at the bandwidth between Plivo, gateway and bot',
  },
};

/**
 * `hangup_url` and `ring_url` of an application or a call. `EndTime` counts only when it says its time zone.
 *
 * @see https://docs.plivo.com/docs/voice/xml/request (read 2026-11-21)
 * @see https://docs.plivo.com/docs/voice/troubleshooting/hangup-causes (read 2026-11-21): the causes and who hung up;
 *   the names of the three parameters are those that others read, UNVERIFIED
 */
export function readStatus(request: HttpRequest): CallNotice | null {
  return read(request, 'CallStatus', (form, word) =>
    callEventOf(words, word, { sentAt: null, sequence: null }, () => ({
      sentAt: instantOf(form.get('EndTime')),
      duration: wholeOf(form.get('Duration')),
      cause: causeOf(form),
    })),
  );
}

/**
 * `statusCallbackUrl` of `<Stream>`. Only `Event` is documented; the other names are those of Plivo's other callbacks, and
 * UNVERIFIED here.
 *
 * @see https://docs.plivo.com/docs/voice/xml/audiostream (read 2026-11-21)
 * @see https://plivo.com/docs/voice/audio-streaming/best-practices (read 2026-11-21)
 */
export function readStreamStatus(request: HttpRequest): CallNotice | null {
  return read(request, 'Event', (form, word) => {
    const id = form.get('StreamID') ?? '';
    const told = {
      sentAt: instantOf(form.get('Timestamp')),
      sequence: null,
      streamId: UUID.test(id) ? id : null,
    };
    if (word === 'StartStream') return { type: 'stream-started', ...told };
    if (word === 'StopStream') return { type: 'stream-stopped', ...told };
    const fault = lookUp(faults, word);
    return fault ? { ...told, said: toldText(word), ...fault } : null;
  });
}

function read(
  request: HttpRequest,
  name: string,
  event: (form: Form, word: string) => CallEvent | null,
): CallNotice | null {
  const form = formOf(request);
  const callId = form?.get('CallUUID') ?? '';
  const word = form?.get(name) ?? '';
  return form && UUID.test(callId) && WORD.test(word) ? { callId, event: event(form, word) } : null;
}

/** `Normal Hangup, 4000, by Caller`. */
function causeOf(form: Form): string | null {
  const name = form.get('HangupCauseName') ?? form.get('HangupCause');
  const source = form.get('HangupSource');
  return causeFrom(name, form.get('HangupCauseCode'), source && `by ${source}`);
}

/** What Plivo sends about an event, for the simulator. */
export function statusForm({ id, from, to, direction }: Call, event: CallEvent): ReadonlyMap<string, string> {
  const common: [string, string][] = [
    ['CallUUID', id],
    ['From', withoutPlus(from)],
    ['To', withoutPlus(to)],
    ['Direction', direction],
  ];
  if ('streamId' in event) {
    const names = { 'stream-started': 'StartStream', 'stream-stopped': 'StopStream' } as const;
    const isFault = 'said' in event;
    const faulty = isFault && event.type === 'stream-degraded' ? 'DegradedStream' : 'DroppedStream';
    const word = isFault ? faulty : names[event.type];
    return new Map([...common, ['Event', word], ['StreamID', event.streamId ?? '']]);
  }
  const named: Readonly<Record<string, string>> = {
    queued: 'initiated',
    answered: 'in-progress',
    canceled: 'cancel',
  };
  common.push(['CallStatus', named[event.type] ?? event.type]);
  if (!isCallEnd(event)) return new Map([...common, ['Event', 'Ring']]);
  return new Map([
    ...common,
    ['Event', 'Hangup'],
    ['Duration', `${event.duration ?? 0}`],
    ['HangupCauseName', event.cause ?? 'Normal Hangup'],
  ]);
}
