import { FRAME_MS, toSamples } from '../shared/audio.ts';
import { GatewayError } from '../shared/errors.ts';
import { parseFields, type Fields } from '../shared/fields.ts';
import { readAudio } from '../shared/frame.ts';
import type { StreamEvent, StreamMessage, StreamProtocol } from '../shared/stream.ts';
import { LINE_RATE, type CallerSource } from './caller-source.ts';

/** Bytes of a recording file; a longer one is refused. An hour of a call has about 80 MB. */
export const MAX_RECORDING: number = 128 * 1024 * 1024;

/** Audio that starts later than this after the audio before it (milliseconds) is a pause; less is jitter of the recording. */
const PAUSE = 2 * FRAME_MS;

interface TimedEvent {
  readonly atMs: number;
  readonly event: StreamEvent;
}

/**
 * What the caller said and pressed in a recording of one carrier. Throws ERR_RECORDING_INVALID, naming the line.
 */
export function readRecordedSource(text: string, protocol: StreamProtocol): CallerSource {
  const events = text.split('\n').flatMap((line, index) => readLine(line, index + 1, protocol));
  const start = events.find(({ event }) => event.type === 'start')?.event;
  if (start?.type !== 'start') {
    throw invalid('there is no start message of this carrier in it: use a recording of the same carrier');
  }
  const { encoding, sampleRate } = start.stream.format;
  if (sampleRate !== LINE_RATE) throw invalid(`its audio has ${sampleRate} Hz: use one with ${LINE_RATE} Hz`);
  const digits = events.flatMap(({ atMs, event }) =>
    event.type === 'dtmf' ? [{ atMs, digit: event.digit }] : [],
  );
  const speech = events
    .flatMap(({ atMs, event }) => (event.type === 'media' ? [{ ...event, atMs }] : []))
    .toSorted((a, b) => a.chunk - b.chunk); // Telnyx does not promise their order
  if (speech.length === 0) throw invalid('the caller says nothing in it: record a call with audio');
  return {
    samples: join(speech.map(({ atMs, audio }) => ({ atMs, samples: toSamples(audio, encoding) }))),
    digits,
  };
}

function readLine(line: string, number: number, protocol: StreamProtocol): TimedEvent[] {
  if (line.trim() === '') return [];
  try {
    const fields = parseFields(line, 'ERR_RECORDING_INVALID');
    const atMs = fields.number('t_ms');
    if (!(atMs >= 0 && atMs <= 3_600_000)) throw invalid('t_ms is not between 0 and an hour');
    const isCaller = fields.string('direction') === 'provider_to_server';
    const message = isCaller ? messageIn(line, fields) : null;
    const event = message === null ? null : protocol.decodeEvent(message);
    return event ? [{ atMs, event }] : [];
  } catch (error) {
    throw invalid(`line ${number}: ${error instanceof Error ? error.message : 'not readable'}`);
  }
}

/** Null for a close. */
function messageIn(line: string, fields: Fields): StreamMessage | null {
  const frame = fields.string('frame');
  if (frame === 'binary') return readAudio(fields.string('base64'));
  if (frame !== 'text') return null;
  fields.object('message');
  const { message }: { message: unknown } = JSON.parse(line);
  return JSON.stringify(message);
}

function invalid(message: string): GatewayError {
  return new GatewayError('ERR_RECORDING_INVALID', `the recording cannot be played: ${message}`);
}

function join(parts: readonly { readonly atMs: number; readonly samples: Int16Array }[]): Int16Array {
  const placed: { readonly at: number; readonly samples: Int16Array }[] = [];
  let end = 0;
  for (const { atMs, samples } of parts) {
    const begin = Math.round((atMs * LINE_RATE) / 1000);
    const at = begin - end > (PAUSE * LINE_RATE) / 1000 ? begin : end;
    placed.push({ at, samples });
    end = at + samples.length;
  }
  const joined = new Int16Array(end);
  for (const { at, samples } of placed) joined.set(samples, at);
  return joined;
}
