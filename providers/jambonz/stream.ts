import { GatewayError } from '../../shared/errors.ts';
import type { Fields } from '../../shared/fields.ts';
import { readFrame } from '../../shared/frame.ts';
import type {
  StreamCommand,
  StreamEvent,
  StreamFacts,
  StreamMessage,
  StreamProtocol,
} from '../../shared/stream.ts';
import { partyOf } from './call.ts';

/** RTP timestamp units, at 8 kHz, for which a caller of ours holds a key down: Jambonz says it of every digit. */
const KEY_PRESS = '1600';

/** What the first message says about the call itself; all other texts in it are the document's `metadata`. */
const CALL_MEMBERS = [
  'callSid',
  'direction',
  'from',
  'to',
  'callId',
  'sipStatus',
  'sipReason',
  'callStatus',
  'callerId',
  'callerName',
  'accountSid',
  'traceId',
  'applicationSid',
  'parentCallSid',
  'originatingSipIp',
  'originatingSipTrunkName',
  'localSipAddress',
  'fsSipAddress',
  'fsPublicIp',
  'apiBaseUrl',
  'duration',
  'sampleRate',
  'mixType',
];

const RATES = [8000, 16_000, 24_000, 32_000, 48_000, 64_000];

/**
 * Jambonz `listen` with streaming bidirectional audio. Audio is binary, 16 bits, little-endian, of any length; all else is
 * JSON. The first message is the call's attributes with the `metadata` of our document among them. Nothing is counted,
 * nothing is dated, and the end is the socket's. What interrupts is `killAudio`; it gives the marks back, as "cleared".
 *
 * @see https://docs.jambonz.org/verbs/verbs/listen (read 2026-11-21)
 * @see https://github.com/jambonz/jambonz-feature-server/blob/01ba0e2dc862edcbaafe026688b366b95cb1dfb3/lib/tasks/listen.js (read 2026-11-21)
 */
export const stream: StreamProtocol = {
  opening: ['start'],
  subprotocol: 'audio.jambonz.org',
  clock: 'stream',
  decodeEvent,
  encodeEvent,
  decodeCommand,
  encodeCommand,
};

function decodeEvent(message: StreamMessage): StreamEvent | null {
  if (typeof message !== 'string') {
    return { type: 'media', sequence: 0, chunk: 0, timestamp: 0, audio: whole(message) };
  }
  const frame = readFrame(message);
  if (frame.has('callSid')) return { type: 'start', sequence: 0, stream: factsIn(frame) };
  if (frame.has('event')) {
    if (frame.string('event') !== 'dtmf') return null;
    return { type: 'dtmf', sequence: 0, digit: frame.string('dtmf') };
  }
  if (frame.string('type') !== 'mark') return null;
  return { type: 'mark', sequence: 0, name: frame.object('data').string('name') };
}

function factsIn(frame: Fields): StreamFacts {
  const sampleRate = frame.number('sampleRate');
  if (!RATES.includes(sampleRate))
    throw new GatewayError('ERR_FRAME_INVALID', 'sampleRate is none of theirs');
  if (frame.string('mixType') !== 'mono') {
    throw new GatewayError('ERR_FRAME_INVALID', 'two channels: write "mixType": "mono" into the listen verb');
  }
  return {
    streamId: frame.string('callSid'),
    callId: frame.string('callSid'),
    accountId: frame.string('accountSid'),
    from: partyOf(frame.string('from')),
    to: partyOf(frame.string('to')),
    format: { encoding: 'l16', sampleRate },
    parameters: frame.stringsBut(CALL_MEMBERS),
  };
}

function encodeEvent(event: StreamEvent): StreamMessage | null {
  switch (event.type) {
    case 'start':
      return encodeStart(event.stream);
    case 'media':
      return event.audio.length % 2 === 0 ? event.audio : null;
    case 'dtmf':
      return JSON.stringify({ event: 'dtmf', dtmf: event.digit, duration: KEY_PRESS });
    case 'mark':
      return JSON.stringify({ type: 'mark', data: { name: event.name, event: 'playout' } });
    case 'connected':
    case 'cleared':
    case 'error':
    case 'stop':
      return null;
  }
}

function encodeStart({ callId, accountId, from, to, format, parameters }: StreamFacts): string {
  return JSON.stringify({
    ...parameters,
    sampleRate: format.sampleRate,
    mixType: 'mono',
    callSid: callId,
    direction: 'inbound',
    from: from ?? '',
    to: to ?? '',
    callId: callId, // a SIP Call-ID in a real call; nobody here tells one from the other
    sipStatus: 200,
    sipReason: 'OK',
    callStatus: 'in-progress',
    callerId: from ?? '',
    accountSid: accountId,
    traceId: callId.replaceAll('-', ''),
    applicationSid: accountId,
    fsSipAddress: '10.0.0.1:5060',
  });
}

function decodeCommand(message: StreamMessage): StreamCommand | null {
  if (typeof message !== 'string') return { type: 'media', audio: whole(message) };
  const frame = readFrame(message);
  const type = frame.string('type');
  if (type === 'mark') return { type, name: frame.object('data').string('name') };
  if (type === 'killAudio') return { type: 'clear' };
  if (['clearMarks', 'disconnect', 'playAudio'].includes(type)) return null;
  throw new GatewayError(
    'ERR_FRAME_INVALID',
    'Jambonz takes binary audio, mark, killAudio, clearMarks and disconnect',
  );
}

function encodeCommand(command: StreamCommand): StreamMessage | null {
  switch (command.type) {
    case 'media':
      return command.audio.length % 2 === 0 ? command.audio : null;
    case 'mark':
      return JSON.stringify({ type: 'mark', data: { name: command.name } });
    case 'clear':
      return JSON.stringify({ type: 'killAudio' });
  }
}

/** Throws ERR_FRAME_INVALID for half a sample: all that follows would be noise. */
function whole(audio: Uint8Array): Uint8Array {
  if (audio.length % 2 === 0) return Uint8Array.from(audio);
  throw new GatewayError('ERR_FRAME_INVALID', 'half a sample of 16 bits: send an even number of bytes');
}
