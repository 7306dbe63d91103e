import { GatewayError } from '../../shared/errors.ts';
import type { Fields } from '../../shared/fields.ts';
import { readAudio, readCount, readDigits, readFrame, readWhole, writeAudio } from '../../shared/frame.ts';
import type {
  AudioFormat,
  StreamCommand,
  StreamEvent,
  StreamFacts,
  StreamProtocol,
} from '../../shared/stream.ts';
import { keyOf, lookUp } from '../../shared/table.ts';
import { numbersIn, readExtraHeaders, writeExtraHeaders } from './extra-headers.ts';

const encodings: Readonly<Record<string, AudioFormat['encoding']>> = {
  'audio/x-mulaw': 'mulaw',
  'audio/x-l16': 'l16',
};

/**
 * Plivo Audio Streaming. There is no "connected" and no "stop": the socket simply opens and closes. Counts are numbers,
 * timestamps are strings of Unix milliseconds (another page of Plivo counts them from the stream's begin).
 *
 * @see https://www.plivo.com/docs/voice-agents/audio-streaming/concepts/audio-streaming-reference (read 2026-11-21)
 */
export const stream: StreamProtocol = {
  opening: ['start'],
  subprotocol: null,
  clock: 'unix',
  decodeEvent: (message) => eventOf(readFrame(message)),
  encodeEvent,
  decodeCommand: (message) => commandOf(readFrame(message)),
  encodeCommand,
};

/** What a message of Plivo says, or of whoever speaks its language. */
export function eventOf(frame: Fields): StreamEvent | null {
  switch (frame.string('event')) {
    case 'start':
      return decodeStart(frame);
    case 'media':
      return decodeMedia(frame);
    case 'dtmf': {
      const dtmf = frame.object('dtmf');
      const digit = dtmf.string('digit');
      return {
        type: 'dtmf',
        sequence: sequenceOf(frame),
        digit,
        timestamp: readDigits(dtmf.string('timestamp')),
      };
    }
    case 'playedStream':
      return { type: 'mark', sequence: sequenceOf(frame), name: frame.string('name') };
    case 'clearedAudio':
      return { type: 'cleared', sequence: sequenceOf(frame) };
    default:
      return null;
  }
}

function decodeStart(frame: Fields): StreamEvent {
  const start = frame.object('start');
  const format = start.object('mediaFormat');
  const parameters = frame.has('extra_headers') ? readExtraHeaders(frame.string('extra_headers')) : {};
  return {
    type: 'start',
    sequence: sequenceOf(frame),
    stream: {
      streamId: start.string('streamId'),
      callId: start.string('callId'),
      accountId: start.string('accountId'),
      ...numbersIn(parameters),
      format: { encoding: encodingOf(format.string('encoding')), sampleRate: format.number('sampleRate') },
      parameters,
    },
  };
}

function decodeMedia(frame: Fields): StreamEvent {
  const media = frame.object('media');
  return {
    type: 'media',
    sequence: sequenceOf(frame),
    chunk: readWhole(media.number('chunk')),
    timestamp: readDigits(media.string('timestamp')),
    audio: readAudio(media.string('payload')),
  };
}

function encodingOf(contentType: string): AudioFormat['encoding'] {
  const encoding = lookUp(encodings, contentType);
  if (encoding) return encoding;
  throw new GatewayError('ERR_FRAME_INVALID', 'the encoding is neither audio/x-mulaw nor audio/x-l16');
}

/**
 * A number, or the same in digits: Plivo's Python SDK says that `playedStream` may count in strings.
 *
 * @see https://github.com/plivo/plivo-stream-sdk-python, plivo_stream/types.py (read 2026-11-21)
 */
function sequenceOf(frame: Fields): number {
  return readCount(frame, 'sequenceNumber');
}

function encodeEvent(event: StreamEvent, { streamId, parameters }: StreamFacts): string | null {
  const extra_headers = writeExtraHeaders(parameters);
  switch (event.type) {
    case 'start':
      return encodeStart(event.sequence, event.stream);
    case 'media': {
      const { sequence: sequenceNumber, chunk, timestamp, audio } = event;
      const media = { track: 'inbound', timestamp: `${timestamp}`, chunk, payload: writeAudio(audio) };
      return JSON.stringify({ event: 'media', sequenceNumber, streamId, media, extra_headers });
    }
    case 'dtmf': {
      const { sequence: sequenceNumber, digit, timestamp } = event;
      if (timestamp === undefined) return null; // Plivo always says when
      const dtmf = { track: 'inbound', digit, timestamp: `${timestamp}` };
      return JSON.stringify({ event: 'dtmf', sequenceNumber, streamId, dtmf, extra_headers });
    }
    case 'mark': {
      const { sequence: sequenceNumber, name } = event;
      return JSON.stringify({ event: 'playedStream', sequenceNumber, streamId, name });
    }
    case 'cleared':
      return JSON.stringify({ event: 'clearedAudio', sequenceNumber: event.sequence, streamId });
    case 'connected':
    case 'error':
    case 'stop':
      return null;
  }
}

function encodeStart(sequenceNumber: number, facts: StreamFacts): string | null {
  const { streamId, callId, accountId, format, parameters } = facts;
  const encoding = keyOf(encodings, format.encoding);
  if (encoding === undefined) return null;
  const mediaFormat = { encoding, sampleRate: format.sampleRate };
  const start = { callId, streamId, accountId, tracks: ['inbound'], mediaFormat };
  return JSON.stringify({
    event: 'start',
    sequenceNumber,
    start,
    extra_headers: writeExtraHeaders(parameters),
  });
}

/** Plivo's own examples leave `streamId` out now and then, so it is not asked for. */
export function commandOf(frame: Fields): StreamCommand | null {
  switch (frame.string('event')) {
    case 'playAudio': {
      const media = frame.object('media');
      encodingOf(media.string('contentType'));
      readWhole(media.number('sampleRate'));
      return { type: 'media', audio: readAudio(media.string('payload')) };
    }
    case 'checkpoint':
      return { type: 'mark', name: frame.string('name') };
    case 'clearAudio':
      return { type: 'clear' };
    case 'sendDTMF':
      return null;
    default:
      throw new GatewayError(
        'ERR_FRAME_INVALID',
        'only playAudio, checkpoint, clearAudio and sendDTMF are taken',
      );
  }
}

function encodeCommand(command: StreamCommand, { streamId, format }: StreamFacts): string | null {
  switch (command.type) {
    case 'media': {
      const contentType = keyOf(encodings, format.encoding);
      if (contentType === undefined) return null;
      const media = { contentType, sampleRate: format.sampleRate, payload: writeAudio(command.audio) };
      return JSON.stringify({ event: 'playAudio', media });
    }
    case 'mark':
      return JSON.stringify({ event: 'checkpoint', streamId, name: command.name });
    case 'clear':
      return JSON.stringify({ event: 'clearAudio', streamId });
  }
}
