import { GatewayError } from '../../shared/errors.ts';
import type { Fields } from '../../shared/fields.ts';
import { readFrame, writeAudio } from '../../shared/frame.ts';
import type { StreamCommand, StreamEvent, StreamFacts, StreamProtocol } from '../../shared/stream.ts';
import { commandOf, eventOf as plivoEventOf } from '../plivo/stream.ts';

const CONTENT_TYPE = 'audio/x-mulaw';

/**
 * Vobiz's streams: Plivo's messages. What it says of checkpoints and of cleared audio is not counted, parameters are
 * never handed back, and every command names the stream.
 *
 * @see https://docs.vobiz.ai/xml/stream/stream-events (read 2026-11-21)
 */
export const stream: StreamProtocol = {
  opening: ['start'],
  subprotocol: null,
  clock: 'unix',
  decodeEvent: (message) => eventOf(readFrame(message)),
  encodeEvent,
  decodeCommand(message) {
    const frame = readFrame(message);
    return frame.string('event') === 'stop' ? null : commandOf(frame);
  },
  encodeCommand,
};

function eventOf(frame: Fields): StreamEvent | null {
  const type = frame.string('event');
  if (type === 'playedStream') return { type: 'mark', sequence: 0, name: frame.string('name') };
  if (type === 'clearedAudio') return { type: 'cleared', sequence: 0 };
  const event = plivoEventOf(frame);
  // Its L16 is big-endian one way and little-endian the other: our document asks for G.711, and nothing else is read.
  if (event?.type !== 'start' || event.stream.format.encoding === 'mulaw') return event;
  throw new GatewayError('ERR_FRAME_INVALID', `start.mediaFormat.encoding is not ${CONTENT_TYPE}`);
}

function encodeEvent(event: StreamEvent, { streamId }: StreamFacts): string | null {
  const extra_headers = '{}';
  switch (event.type) {
    case 'start':
      return encodeStart(event.sequence, event.stream);
    case 'media': {
      const { sequence: sequenceNumber, chunk, timestamp, audio } = event;
      const media = { track: 'inbound', timestamp: `${timestamp}`, chunk, payload: writeAudio(audio) };
      return JSON.stringify({ sequenceNumber, streamId, event: 'media', media, extra_headers });
    }
    case 'dtmf': {
      const { sequence: sequenceNumber, digit, timestamp } = event;
      if (timestamp === undefined) return null;
      const dtmf = { track: 'inbound', digit, timestamp: `${timestamp}` };
      return JSON.stringify({ sequenceNumber, streamId, event: 'dtmf', dtmf, extra_headers });
    }
    case 'mark':
      return JSON.stringify({ event: 'playedStream', name: event.name });
    case 'cleared':
      return JSON.stringify({ event: 'clearedAudio', streamId });
    case 'connected':
    case 'error':
    case 'stop':
      return null;
  }
}

function encodeStart(sequenceNumber: number, facts: StreamFacts): string | null {
  const { callId, streamId, accountId, format } = facts;
  if (format.encoding !== 'mulaw') return null;
  const mediaFormat = { encoding: CONTENT_TYPE, sampleRate: format.sampleRate };
  const start = { callId, streamId, accountId, tracks: ['inbound'], mediaFormat };
  return JSON.stringify({ sequenceNumber, event: 'start', start, extra_headers: '{}' });
}

function encodeCommand(command: StreamCommand, { streamId, format }: StreamFacts): string | null {
  switch (command.type) {
    case 'media': {
      if (format.encoding !== 'mulaw') return null;
      const payload = writeAudio(command.audio);
      const media = { contentType: CONTENT_TYPE, sampleRate: format.sampleRate, payload };
      return JSON.stringify({ event: 'playAudio', streamId, media });
    }
    case 'mark':
      return JSON.stringify({ event: 'checkpoint', streamId, name: command.name });
    case 'clear':
      return JSON.stringify({ event: 'clearAudio', streamId });
  }
}
