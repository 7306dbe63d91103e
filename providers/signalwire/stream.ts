import { GatewayError } from '../../shared/errors.ts';
import { readAudio, readFrame, writeAudio } from '../../shared/frame.ts';
import type {
  StreamCommand,
  StreamEvent,
  StreamFacts,
  StreamMessage,
  StreamProtocol,
} from '../../shared/stream.ts';
import { keyOf } from '../../shared/table.ts';
import { UUID } from '../../shared/uuid.ts';
import { decodeEvent, encodeCommand, type Encodings } from '../twilio/stream.ts';

const encodings: Encodings = { 'audio/x-mulaw': 'mulaw', 'audio/x-L16': 'l16' };

/** Milliseconds for which a caller of ours holds a key down: SignalWire says it of every digit. */
const KEY_PRESS = 160;

/**
 * SignalWire's streams: Twilio's messages, with less in them. The stream's id stands inside `start` and beside digits
 * and marks, never beside audio; marks are not counted; digits have a duration and no track; `stop` says nothing more.
 *
 * @see https://github.com/signalwire/docs, fern/products/compatibility-api/pages/cxml/voice/stream.mdx (read 2026-11-21)
 */
export const stream: StreamProtocol = {
  opening: ['connected', 'start'],
  subprotocol: null,
  clock: 'stream',
  decodeEvent: (message) => ours(decodeEvent(message, encodings)),
  encodeEvent,
  decodeCommand,
  encodeCommand,
};

/** Twilio begins alike, and has other ids: what is another carrier's call is not taken for one of this. */
function ours(event: StreamEvent | null): StreamEvent | null {
  if (event?.type !== 'start' || UUID.test(event.stream.callId)) return event;
  throw new GatewayError('ERR_FRAME_INVALID', 'start.callSid is not a UUID');
}

function encodeEvent(event: StreamEvent, { streamId: streamSid }: StreamFacts): string | null {
  switch (event.type) {
    case 'connected':
      return JSON.stringify({ event: 'connected', protocol: 'Call', version: '0.2.0' });
    case 'start':
      return encodeStart(event.sequence, event.stream);
    case 'media': {
      const { chunk, timestamp, audio } = event;
      const payload = writeAudio(audio);
      const media = { track: 'inbound', chunk: `${chunk}`, timestamp: `${timestamp}`, payload };
      return JSON.stringify({ event: 'media', sequenceNumber: `${event.sequence}`, media });
    }
    case 'dtmf': {
      const dtmf = { digit: event.digit, duration: KEY_PRESS };
      return JSON.stringify({ event: 'dtmf', sequenceNumber: `${event.sequence}`, streamSid, dtmf });
    }
    case 'mark':
      return JSON.stringify({ event: 'mark', streamSid, mark: { name: event.name } });
    case 'stop':
      return JSON.stringify({ event: 'stop', sequenceNumber: `${event.sequence}` });
    case 'cleared':
    case 'error':
      return null;
  }
}

function encodeStart(sequence: number, facts: StreamFacts): string | null {
  const { streamId: streamSid, callId: callSid, accountId: accountSid, parameters: customParameters } = facts;
  const encoding = keyOf(encodings, facts.format.encoding);
  if (encoding === undefined) return null;
  const mediaFormat = { encoding, sampleRate: facts.format.sampleRate, channels: 1 };
  const start = { streamSid, accountSid, callSid, tracks: ['inbound'], customParameters, mediaFormat };
  return JSON.stringify({ event: 'start', sequenceNumber: `${sequence}`, start });
}

function decodeCommand(message: StreamMessage): StreamCommand | null {
  const frame = readFrame(message);
  const type = frame.string('event');
  frame.string('streamSid');
  if (type === 'media') return { type, audio: readAudio(frame.object('media').string('payload')) };
  if (type === 'mark') return { type, name: frame.object('mark').string('name') };
  if (type === 'clear') return { type };
  if (type === 'dtmf') return null;
  throw new GatewayError('ERR_FRAME_INVALID', 'SignalWire takes media, mark, clear and dtmf');
}
