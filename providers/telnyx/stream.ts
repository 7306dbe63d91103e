import { GatewayError } from '../../shared/errors.ts';
import type { Fields } from '../../shared/fields.ts';
import { readAudio, readDigits, readFrame, readWhole, writeAudio } from '../../shared/frame.ts';
import type {
  AudioFormat,
  StreamCommand,
  StreamEvent,
  StreamFacts,
  StreamMessage,
  StreamProtocol,
} from '../../shared/stream.ts';
import { keyOf, lookUp } from '../../shared/table.ts';
import { readInstant, writeInstant } from './instant.ts';

const encodings: Readonly<Record<string, AudioFormat['encoding']>> = {
  PCMU: 'mulaw',
  PCMA: 'alaw',
  L16: 'l16',
};

/** @see https://developers.telnyx.com/api-reference/websockets/stream-call-media-over-websocket (read 2026-11-21) */
const errorTitles: Readonly<Record<string, string>> = {
  100_002: 'unknown_error',
  100_003: 'malformed_frame',
  100_004: 'invalid_media',
  100_005: 'rate_limit_reached',
};

/**
 * Telnyx media streaming. Snake case; counts are strings; the stream's id stands outside, the call's inside `start`.
 * Frames may arrive out of order. A digit is dated by the wall clock (`occurred_at`), whatever the audio counts in: its
 * `timestamp` here is in milliseconds since the Unix epoch, with three decimals.
 *
 * @see https://developers.telnyx.com/api-reference/websockets/stream-call-media-over-websocket (read 2026-11-21)
 */
export const stream: StreamProtocol = {
  opening: ['connected', 'start'],
  subprotocol: null,
  clock: 'stream',
  decodeEvent,
  encodeEvent,
  decodeCommand,
  encodeCommand,
};

function decodeEvent(message: StreamMessage): StreamEvent | null {
  const frame = readFrame(message);
  switch (frame.string('event')) {
    case 'connected':
      return { type: 'connected' };
    case 'start':
      return decodeStart(frame);
    case 'media':
      return decodeMedia(frame);
    case 'dtmf':
      return decodeDigit(frame);
    case 'mark':
      return { type: 'mark', sequence: sequenceOf(frame), name: frame.object('mark').string('name') };
    case 'error':
      return decodeError(frame.object('payload'));
    case 'stop':
      return { type: 'stop', sequence: sequenceOf(frame) };
    default:
      return null;
  }
}

function decodeStart(frame: Fields): StreamEvent {
  const start = frame.object('start');
  const format = start.object('media_format');
  return {
    type: 'start',
    sequence: sequenceOf(frame),
    stream: {
      streamId: frame.string('stream_id'),
      callId: start.string('call_control_id'),
      accountId: start.string('user_id'),
      from: start.has('from') ? start.string('from') : null,
      to: start.has('to') ? start.string('to') : null,
      format: { encoding: encodingOf(format.string('encoding')), sampleRate: format.number('sample_rate') },
      parameters: start.strings('custom_parameters'),
    },
  };
}

function decodeMedia(frame: Fields): StreamEvent {
  const media = frame.object('media');
  return {
    type: 'media',
    sequence: sequenceOf(frame),
    chunk: readDigits(media.string('chunk')),
    timestamp: readDigits(media.string('timestamp')),
    audio: readAudio(media.string('payload')),
  };
}

function decodeDigit(frame: Fields): StreamEvent {
  const digit = frame.object('dtmf').string('digit');
  const timestamp = frame.has('occurred_at') ? readInstant(frame.string('occurred_at')) : undefined;
  return {
    type: 'dtmf',
    sequence: sequenceOf(frame),
    digit,
    ...(timestamp === undefined ? {} : { timestamp }),
  };
}

function decodeError(payload: Fields): StreamEvent {
  return { type: 'error', code: `${readWhole(payload.number('code'))}`, detail: payload.string('detail') };
}

function sequenceOf(frame: Fields): number {
  return readDigits(frame.string('sequence_number'));
}

function encodingOf(name: string): AudioFormat['encoding'] {
  const encoding = lookUp(encodings, name);
  if (encoding) return encoding;
  throw new GatewayError(
    'ERR_FRAME_INVALID',
    'the encoding is none of PCMU, PCMA, L16: ask for PCMU in <Stream>',
  );
}

function encodeEvent(event: StreamEvent, facts: StreamFacts): string | null {
  const { streamId: stream_id, callId: call_control_id, accountId: user_id } = facts;
  switch (event.type) {
    case 'connected':
      return JSON.stringify({ event: 'connected', version: '1.0.0' });
    case 'start':
      return encodeStart(event.sequence, event.stream);
    case 'media': {
      const { chunk, timestamp, audio } = event;
      const media = {
        track: 'inbound',
        chunk: `${chunk}`,
        timestamp: `${timestamp}`,
        payload: writeAudio(audio),
      };
      return JSON.stringify({ event: 'media', sequence_number: `${event.sequence}`, media, stream_id });
    }
    case 'dtmf': {
      const { sequence, digit, timestamp } = event;
      const when = timestamp === undefined ? {} : { occurred_at: writeInstant(timestamp) };
      return JSON.stringify({
        event: 'dtmf',
        stream_id,
        ...when,
        sequence_number: `${sequence}`,
        dtmf: { digit },
      });
    }
    case 'mark': {
      const mark = { name: event.name };
      return JSON.stringify({ event: 'mark', stream_id, sequence_number: `${event.sequence}`, mark });
    }
    case 'error':
      return encodeError(event.code, event.detail, stream_id);
    case 'stop': {
      const stop = { user_id, call_control_id };
      return JSON.stringify({ event: 'stop', sequence_number: `${event.sequence}`, stop, stream_id });
    }
    case 'cleared':
      return null;
  }
}

function encodeStart(sequence: number, facts: StreamFacts): string | null {
  const { streamId: stream_id, from, to, format, parameters: custom_parameters } = facts;
  const encoding = keyOf(encodings, format.encoding);
  const start = {
    user_id: facts.accountId,
    call_control_id: facts.callId,
    call_session_id: stream_id, // another UUID in a real call; nobody here tells one from the other
    ...(from === null ? {} : { from }),
    ...(to === null ? {} : { to }),
    tags: [],
    client_state: '',
    custom_parameters,
    media_format: { encoding, sample_rate: format.sampleRate, channels: 1 },
  };
  return JSON.stringify({ event: 'start', sequence_number: `${sequence}`, start, stream_id });
}

function encodeError(code: string, detail: string, stream_id: string): string | null {
  if (!/^(?:0|[1-9][0-9]{0,14})$/.test(code)) return null; // Telnyx's codes are numbers
  const payload = { code: Number(code), title: errorTitles[code] ?? 'unknown_error', detail };
  return JSON.stringify({ event: 'error', payload, stream_id });
}

function decodeCommand(message: StreamMessage): StreamCommand | null {
  const frame = readFrame(message);
  const type = frame.string('event');
  if (type === 'media') return { type, audio: readAudio(frame.object('media').string('payload')) };
  if (type === 'mark') return { type, name: frame.object('mark').string('name') };
  if (type === 'clear') return { type };
  throw new GatewayError('ERR_FRAME_INVALID', 'Telnyx takes media, mark and clear');
}

/** No stream id is needed. */
function encodeCommand(command: StreamCommand): string | null {
  switch (command.type) {
    case 'media':
      return JSON.stringify({ event: 'media', media: { payload: writeAudio(command.audio) } });
    case 'mark':
      return JSON.stringify({ event: 'mark', mark: { name: command.name } });
    case 'clear':
      return JSON.stringify({ event: 'clear' });
  }
}
