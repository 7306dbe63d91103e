import { GatewayError } from '../../shared/errors.ts';
import type { Fields } from '../../shared/fields.ts';
import { readAudio, readDigits, readFrame, writeAudio } from '../../shared/frame.ts';
import type {
  AudioFormat,
  StreamCommand,
  StreamEvent,
  StreamFacts,
  StreamMessage,
  StreamProtocol,
} from '../../shared/stream.ts';
import { lookUp } from '../../shared/table.ts';

const ENCODING = 'audio/x-mulaw';

/** What a dialect calls its audio. */
export type Encodings = Readonly<Record<string, AudioFormat['encoding']>>;

const encodings: Encodings = { [ENCODING]: 'mulaw' };

/**
 * Twilio Media Streams. Sequence numbers, chunks and timestamps are strings; the stream's id stands outside and, in
 * `start`, inside as well; digits come on "inbound_track", audio on "inbound".
 *
 * @see https://www.twilio.com/docs/voice/media-streams/websocket-messages (read 2026-11-21)
 */
export const stream: StreamProtocol = {
  opening: ['connected', 'start'],
  subprotocol: 'audio.twilio.com',
  clock: 'stream',
  decodeEvent: (message) => decodeEvent(message, encodings),
  encodeEvent,
  decodeCommand,
  encodeCommand,
};

/** `known`: encodings of the dialect at hand. What it leaves uncounted is 0. */
export function decodeEvent(message: StreamMessage, known: Encodings): StreamEvent | null {
  const frame = readFrame(message);
  const type = frame.string('event');
  if (type === 'connected') return { type };
  if (type === 'start') return decodeStart(frame, known);
  if (type === 'media') return decodeMedia(frame);
  if (type === 'dtmf')
    return { type, sequence: sequenceOf(frame), digit: frame.object('dtmf').string('digit') };
  if (type === 'mark')
    return { type, sequence: sequenceOf(frame), name: frame.object('mark').string('name') };
  if (type === 'stop') return { type, sequence: sequenceOf(frame) };
  return null;
}

function decodeStart(frame: Fields, known: Encodings): StreamEvent {
  const start = frame.object('start');
  const format = start.object('mediaFormat');
  const name = format.string('encoding');
  const encoding = lookUp(known, name);
  if (!encoding) {
    const names = Object.keys(known).join(' or ');
    throw new GatewayError('ERR_FRAME_INVALID', `start.mediaFormat.encoding is not ${names}`);
  }
  return {
    type: 'start',
    sequence: sequenceOf(frame),
    stream: {
      streamId: start.string('streamSid'),
      callId: start.string('callSid'),
      accountId: start.string('accountSid'),
      from: null,
      to: null,
      format: { encoding, sampleRate: format.number('sampleRate') },
      parameters: start.strings('customParameters'),
    },
  };
}

function decodeMedia(frame: Fields): StreamEvent {
  const media = frame.object('media');
  return {
    type: 'media',
    sequence: sequenceOf(frame),
    chunk: numberIn(media, 'chunk'),
    timestamp: numberIn(media, 'timestamp'),
    audio: readAudio(media.string('payload')),
  };
}

function sequenceOf(frame: Fields): number {
  return numberIn(frame, 'sequenceNumber');
}

/** Twilio counts; whoever speaks its dialect besides may not: Pipecat's client for browsers (1.7.1) sends payloads only. */
function numberIn(fields: Fields, key: string): number {
  return fields.has(key) ? readDigits(fields.string(key)) : 0;
}

function encodeEvent(
  event: StreamEvent,
  { streamId: streamSid, accountId, callId }: StreamFacts,
): string | null {
  switch (event.type) {
    case 'connected':
      return JSON.stringify({ event: 'connected', protocol: 'Call', version: '1.0.0' });
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
      return JSON.stringify({ event: 'media', sequenceNumber: `${event.sequence}`, media, streamSid });
    }
    case 'dtmf': {
      const dtmf = { track: 'inbound_track', digit: event.digit };
      return JSON.stringify({ event: 'dtmf', streamSid, sequenceNumber: `${event.sequence}`, dtmf });
    }
    case 'mark': {
      const mark = { name: event.name };
      return JSON.stringify({ event: 'mark', sequenceNumber: `${event.sequence}`, streamSid, mark });
    }
    case 'stop': {
      const stop = { accountSid: accountId, callSid: callId };
      return JSON.stringify({ event: 'stop', sequenceNumber: `${event.sequence}`, stop, streamSid });
    }
    case 'cleared':
    case 'error':
      return null;
  }
}

function encodeStart(sequence: number, facts: StreamFacts): string | null {
  if (facts.format.encoding !== 'mulaw') return null;
  const { streamId: streamSid, callId: callSid, accountId: accountSid, parameters: customParameters } = facts;
  const mediaFormat = { encoding: ENCODING, sampleRate: facts.format.sampleRate, channels: 1 };
  const start = { accountSid, streamSid, callSid, tracks: ['inbound'], mediaFormat, customParameters };
  return JSON.stringify({ event: 'start', sequenceNumber: `${sequence}`, start, streamSid });
}

/** Anything but these three can end the stream with error 31924: https://www.twilio.com/docs/api/errors/31924 (read 2026-11-21). */
export function decodeCommand(message: StreamMessage): StreamCommand | null {
  const frame = readFrame(message);
  const type = frame.string('event');
  frame.string('streamSid');
  if (type === 'media') return { type, audio: readAudio(frame.object('media').string('payload')) };
  if (type === 'mark') return { type, name: frame.object('mark').string('name') };
  if (type === 'clear') return { type };
  throw new GatewayError(
    'ERR_FRAME_INVALID',
    'Twilio takes media, mark and clear, and ends a stream that sends more',
  );
}

export function encodeCommand(command: StreamCommand, { streamId: streamSid }: StreamFacts): string | null {
  switch (command.type) {
    case 'media':
      return JSON.stringify({ event: 'media', streamSid, media: { payload: writeAudio(command.audio) } });
    case 'mark':
      return JSON.stringify({ event: 'mark', streamSid, mark: { name: command.name } });
    case 'clear':
      return JSON.stringify({ event: 'clear', streamSid });
  }
}
