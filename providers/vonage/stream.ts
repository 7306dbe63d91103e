import { bytesOf, FRAME_MS } from '../../shared/audio.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { Fields } from '../../shared/fields.ts';
import { readFrame } from '../../shared/frame.ts';
import { withPlus } from '../../shared/party.ts';
import type {
  AudioFormat,
  StreamCommand,
  StreamEvent,
  StreamFacts,
  StreamMessage,
  StreamProtocol,
} from '../../shared/stream.ts';

/** The header of the NCCO's websocket endpoint that carries the call's id: Vonage itself does not say it on the stream. */
export const CALL_HEADER = 'call_uuid';

/** Milliseconds for which a caller of ours holds a key down: Vonage says it of every digit. */
const KEY_PRESS = 260;

const FORMAT = /^audio\/l16;rate=(8000|16000|24000)$/;
const RATES = [8000, 16_000, 24_000];

/**
 * Vonage Voice API WebSockets. Audio is binary, 16 bits, little-endian, 20 ms in each message; all else is JSON. The first
 * message holds the `headers` of our NCCO at its top level, and nothing about the call that is not in them. Nothing is
 * counted, nothing is dated, and the end is the socket's.
 *
 * @see https://developer.vonage.com/en/voice/voice-api/guides/websockets (read 2026-11-21)
 * @see https://asyncapi.apis.io/asyncapis/vonage/vonage-asyncapi/ (read 2026-11-21), for notify, clear and their events
 */
export const stream: StreamProtocol = {
  opening: ['start'],
  subprotocol: null,
  clock: 'stream',
  frameMs: FRAME_MS,
  decodeEvent,
  encodeEvent,
  decodeCommand,
  encodeCommand,
};

function decodeEvent(message: StreamMessage): StreamEvent | null {
  if (typeof message !== 'string') {
    return { type: 'media', sequence: 0, chunk: 0, timestamp: 0, audio: exact(message) };
  }
  const frame = readFrame(message);
  switch (frame.string('event')) {
    case 'websocket:connected':
      return { type: 'start', sequence: 0, stream: factsIn(frame) };
    case 'websocket:dtmf':
      return { type: 'dtmf', sequence: 0, digit: frame.string('digit') };
    case 'websocket:notify': {
      const name = nameIn(frame);
      return name === null ? null : { type: 'mark', sequence: 0, name };
    }
    case 'websocket:cleared':
      return { type: 'cleared', sequence: 0 };
    default:
      return null;
  }
}

function factsIn(frame: Fields): StreamFacts {
  const [, rate = ''] = FORMAT.exec(frame.string('content-type')) ?? [];
  if (rate === '')
    throw new GatewayError('ERR_FRAME_INVALID', 'content-type is not audio/l16 at a known rate');
  const callId = frame.has(CALL_HEADER) ? frame.string(CALL_HEADER) : '';
  const parameters = frame.stringsBut(['event', 'content-type', CALL_HEADER]);
  return {
    streamId: callId,
    callId,
    accountId: '',
    ...partiesIn(parameters),
    format: { encoding: 'l16', sampleRate: Number(rate) },
    parameters,
  };
}

/** Who calls whom, where our document has put it. */
export function partiesIn(parameters: StreamFacts['parameters']): Pick<StreamFacts, 'from' | 'to'> {
  const { from_number: from, to_number: to } = parameters;
  return { from: from === undefined ? null : withPlus(from), to: to === undefined ? null : withPlus(to) };
}

function encodeEvent(event: StreamEvent): StreamMessage | null {
  switch (event.type) {
    case 'start': {
      const { callId, format, parameters } = event.stream;
      const content = { event: 'websocket:connected', 'content-type': contentType(format) };
      return JSON.stringify({
        ...parameters,
        ...content,
        ...(callId === '' ? {} : { [CALL_HEADER]: callId }),
      });
    }
    case 'media':
      return isExact(event.audio) ? event.audio : null;
    case 'dtmf':
      return JSON.stringify({ event: 'websocket:dtmf', digit: event.digit, duration: KEY_PRESS });
    case 'mark':
      return JSON.stringify({ event: 'websocket:notify', payload: { name: event.name } });
    case 'cleared':
      return JSON.stringify({ event: 'websocket:cleared' });
    case 'connected':
    case 'error':
    case 'stop':
      return null;
  }
}

function decodeCommand(message: StreamMessage): StreamCommand | null {
  if (typeof message !== 'string') return { type: 'media', audio: exact(message) };
  const frame = readFrame(message);
  const action = frame.string('action');
  if (action === 'notify') {
    const name = nameIn(frame);
    return name === null ? null : { type: 'mark', name };
  }
  if (action === 'clear') return { type: action };
  throw new GatewayError('ERR_FRAME_INVALID', 'Vonage takes binary audio, notify and clear');
}

function encodeCommand(command: StreamCommand, { format }: StreamFacts): StreamMessage | null {
  switch (command.type) {
    case 'media':
      return command.audio.length === bytesOf(format, FRAME_MS) ? command.audio : null;
    case 'mark':
      return JSON.stringify({ action: 'notify', payload: { name: command.name } });
    case 'clear':
      return JSON.stringify({ action: 'clear' });
  }
}

function contentType({ sampleRate }: AudioFormat): string {
  return `audio/l16;rate=${sampleRate}`;
}

/** Of a mark of ours. Null for another payload: Vonage takes, and gives back, any object. */
function nameIn(frame: Fields): string | null {
  const payload = frame.object('payload');
  return payload.has('name') ? payload.string('name') : null;
}

/** Throws ERR_FRAME_INVALID for any other length than 20 ms at one of the rates: it would not be heard as it was meant. */
function exact(audio: Uint8Array): Uint8Array {
  if (isExact(audio)) return Uint8Array.from(audio);
  const cure = 'send 20 ms in each: 320 bytes at 8 kHz, 640 at 16 kHz';
  throw new GatewayError('ERR_FRAME_INVALID', `${audio.length} bytes of audio in one message: ${cure}`);
}

function isExact({ length }: Uint8Array): boolean {
  return RATES.some((sampleRate) => length === bytesOf({ encoding: 'l16', sampleRate }, FRAME_MS));
}
