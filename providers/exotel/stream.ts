import { GatewayError } from '../../shared/errors.ts';
import type { Fields } from '../../shared/fields.ts';
import { readAudio, readCount, readDigits, readFrame, readWhole, writeAudio } from '../../shared/frame.ts';
import { isParty } from '../../shared/party.ts';
import type {
  AudioFormat,
  StreamCommand,
  StreamEvent,
  StreamFacts,
  StreamMessage,
  StreamProtocol,
} from '../../shared/stream.ts';
import { keyOf, lookUp } from '../../shared/table.ts';

/**
 * What Exotel's pages call the audio. All but one say linear PCM, 16 bits, little-endian, whatever it is called; a page on
 * features in beta has µ-law as well.
 */
const encodings: Readonly<Record<string, AudioFormat['encoding']>> = {
  'audio/x-raw': 'l16',
  'audio/L16': 'l16',
  raw: 'l16',
  slin: 'l16',
  'raw/slin': 'l16',
  'audio/x-mulaw': 'mulaw',
};

/** Milliseconds for which a caller of ours holds a key down: Exotel says it of every digit. */
const KEY_PRESS = 160;

/**
 * Exotel AgentStream, as the Voicebot applet speaks it: Twilio's events in snake case. Some of Exotel's own pages and
 * bridges write camel case, and counts as numbers or as text: both are read. Audio is linear, not G.711.
 *
 * @see https://developer.exotel.com/docs/agentstream/websocket-protocol (read 2026-11-21)
 * @see https://developer.exotel.com/docs/agentstream/stream-voicebot-applet (read 2026-11-21)
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
  const type = frame.string('event');
  const sequence = (): number => countIn(frame, spelled(frame, 'sequence_number'));
  switch (type) {
    case 'connected':
      return { type };
    case 'start':
      return { type, sequence: sequence(), stream: factsIn(frame.object('start')) };
    case 'media': {
      const media = frame.object('media');
      const [chunk, timestamp] = [countIn(media, 'chunk'), countIn(media, 'timestamp')];
      return { type, sequence: sequence(), chunk, timestamp, audio: readAudio(media.string('payload')) };
    }
    case 'dtmf':
      return { type, sequence: sequence(), digit: frame.object('dtmf').string('digit') };
    case 'mark':
      return { type, sequence: sequence(), name: frame.object('mark').string('name') };
    case 'stop':
      return { type, sequence: sequence() };
    default:
      return null;
  }
}

function factsIn(start: Fields): StreamFacts {
  const text = (key: string): string => start.string(spelled(start, key));
  const party = (key: string): string | null => {
    const found = start.has(key) ? start.string(key) : '';
    return isParty(found) ? found : null;
  };
  return {
    streamId: text('stream_sid'),
    callId: text('call_sid'),
    accountId: text('account_sid'),
    from: party('from'),
    to: party('to'),
    format: formatIn(start),
    parameters: start.strings(spelled(start, 'custom_parameters')),
  };
}

function formatIn(start: Fields): AudioFormat {
  const key = spelled(start, 'media_format');
  const format = start.object(key);
  const name = format.string('encoding');
  const encoding = lookUp(encodings, name);
  // µ-law in camel case is Twilio's: what is another carrier's call is not taken for one of this.
  if (!encoding || (encoding === 'mulaw' && key !== 'media_format'))
    throw new GatewayError('ERR_FRAME_INVALID', 'the encoding is neither linear PCM nor G.711 µ-law');
  return { encoding, sampleRate: rateIn(format, spelled(format, 'sample_rate')) };
}

/** 8000, "8000" or "8000Hz". */
function rateIn(format: Fields, key: string): number {
  try {
    return readWhole(format.number(key));
  } catch {
    return readDigits(format.string(key).replace(/ ?Hz$/i, ''));
  }
}

/** A count as a number or in digits; 0 where there is none. */
function countIn(fields: Fields, key: string): number {
  return fields.has(key) ? readCount(fields, key) : 0;
}

/** The name under which a member is there: as given, or the same in camel case. */
function spelled(fields: Fields, key: string): string {
  const camel = key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return !fields.has(key) && fields.has(camel) ? camel : key;
}

function encodeEvent(event: StreamEvent, facts: StreamFacts): string | null {
  const { streamId: stream_sid, callId: call_sid, accountId: account_sid } = facts;
  switch (event.type) {
    case 'connected':
      return JSON.stringify({ event: 'connected' });
    case 'start':
      return encodeStart(event.sequence, event.stream);
    case 'media': {
      const payload = writeAudio(event.audio);
      const media = { chunk: `${event.chunk}`, timestamp: `${event.timestamp}`, payload };
      return JSON.stringify({ event: 'media', sequence_number: `${event.sequence}`, stream_sid, media });
    }
    case 'dtmf': {
      const dtmf = { digit: event.digit, duration: `${KEY_PRESS}` };
      return JSON.stringify({ event: 'dtmf', sequence_number: `${event.sequence}`, stream_sid, dtmf });
    }
    case 'mark': {
      const mark = { name: event.name };
      return JSON.stringify({ event: 'mark', sequence_number: `${event.sequence}`, stream_sid, mark });
    }
    case 'stop': {
      const stop = { call_sid, account_sid, reason: 'callended' };
      return JSON.stringify({ event: 'stop', sequence_number: `${event.sequence}`, stream_sid, stop });
    }
    case 'cleared':
    case 'error':
      return null;
  }
}

function encodeStart(sequence: number, facts: StreamFacts): string | null {
  const { streamId: stream_sid, callId, accountId, from, to, format, parameters } = facts;
  const encoding = keyOf(encodings, format.encoding);
  if (encoding === undefined) return null;
  const start = {
    stream_sid,
    call_sid: callId,
    account_sid: accountId,
    ...(from === null ? {} : { from }),
    ...(to === null ? {} : { to }),
    custom_parameters: parameters,
    media_format: { encoding, sample_rate: `${format.sampleRate}`, bit_rate: '16' },
  };
  return JSON.stringify({ event: 'start', sequence_number: `${sequence}`, stream_sid, start });
}

function decodeCommand(message: StreamMessage): StreamCommand | null {
  const frame = readFrame(message);
  const type = frame.string('event');
  frame.string(spelled(frame, 'stream_sid'));
  if (type === 'media') return { type, audio: readAudio(frame.object('media').string('payload')) };
  if (type === 'mark') return { type, name: frame.object('mark').string('name') };
  if (type === 'clear') return { type };
  throw new GatewayError('ERR_FRAME_INVALID', 'Exotel takes media, mark and clear');
}

function encodeCommand(command: StreamCommand, { streamId: stream_sid }: StreamFacts): string | null {
  switch (command.type) {
    case 'media':
      return JSON.stringify({ event: 'media', stream_sid, media: { payload: writeAudio(command.audio) } });
    case 'mark':
      return JSON.stringify({ event: 'mark', stream_sid, mark: { name: command.name } });
    case 'clear':
      return JSON.stringify({ event: 'clear', stream_sid });
  }
}
