import { AUDIBLE, FRAME_MS, levelOf } from '../../shared/audio.ts';
import type { CallReport, TimelineEntry } from '../../simulator/index.ts';

/** One thing that happens to the caller. */
export interface Moment {
  /** Milliseconds since the call began. */
  readonly atMs: number;
  /** Milliseconds; 0 for what takes no time in a simulation, such as what the carrier says. */
  readonly lengthMs: number;
  readonly type:
    | 'ring'
    | 'silence'
    | 'bot'
    | 'say'
    | 'play'
    | 'dial'
    | 'redirect'
    | 'agent'
    | 'error'
    | 'hang up';
  readonly text: string;
}

/** Milliseconds: pauses in a bot's voice that nobody takes for silence. */
const PAUSE = 1000;
/** Milliseconds: silences worth a line. */
const NOTICED = 50;
const SAMPLES = FRAME_MS * 8;

/** What the caller hears from the first ring to the end. `elsewhere`: a URL not ours that the call was redirected to. */
export function heardIn(report: CallReport, elsewhere: string | null): readonly Moment[] {
  const { timeline, milestones } = report;
  const end = milestones.ended;
  const left = timeline.findLast(({ type }) => type === 'redirect');
  const known = elsewhere === null ? timeline : timeline.filter((entry) => entry !== left);
  const leaving: Moment[] =
    elsewhere === null || !left ? [] : [{ atMs: left.atMs, lengthMs: 0, type: 'redirect', text: elsewhere }];
  const sounds = [
    ...voicesIn(report),
    ...known.flatMap(told),
    ...(elsewhere === null ? errorIn(report) : leaving),
  ].toSorted((one, other) => one.atMs - other.atMs);
  const answered = milestones.answered ?? end;
  const heard: Moment[] = [{ atMs: 0, lengthMs: answered, type: 'ring', text: '' }];
  let until = answered;
  const silentUntil = (atMs: number): void => {
    const lengthMs = Math.round(atMs - until);
    if (lengthMs >= NOTICED) heard.push({ atMs: until, lengthMs, type: 'silence', text: '' });
  };
  for (const sound of sounds) {
    silentUntil(sound.atMs);
    heard.push(sound);
    until = Math.max(until, sound.atMs + sound.lengthMs);
  }
  silentUntil(end);
  return heard;
}

/** Milliseconds of the longest silence. */
export function longestSilence(heard: readonly Moment[]): number {
  return Math.max(0, ...heard.map(({ type, lengthMs }) => (type === 'silence' ? lengthMs : 0)));
}

/** The bots' voices, stream by stream, on the clock of the call: rehearsals run in real time. */
function voicesIn({ timeline, tape }: CallReport): Moment[] {
  const starts = timeline.filter(({ type }) => type === 'start');
  const closes = timeline.filter(({ type }) => type === 'close');
  let offset = 0;
  return starts.flatMap(({ atMs }, index) => {
    const frames = (closes[index]?.lineMs ?? 0) / FRAME_MS;
    const samples = tape.heard.subarray(offset * SAMPLES, (offset + frames) * SAMPLES);
    offset += frames;
    return voicesOf(samples).map(([from, to]): Moment => {
      return { atMs: atMs + from, lengthMs: to - from, type: 'bot', text: '' };
    });
  });
}

/** Begin and end of each stretch that can be heard, in milliseconds. */
function voicesOf(samples: Int16Array): [from: number, to: number][] {
  const voices: [number, number][] = [];
  for (let at = 0; at * SAMPLES < samples.length; at += 1) {
    if (levelOf(samples.subarray(at * SAMPLES, (at + 1) * SAMPLES)) <= AUDIBLE) continue;
    const last = voices.at(-1);
    if (last && at * FRAME_MS - last[1] < PAUSE) last[1] = (at + 1) * FRAME_MS;
    else voices.push([at * FRAME_MS, (at + 1) * FRAME_MS]);
  }
  return voices;
}

/** Of the simulator's timeline, what the caller notices. */
function told({ atMs, type, text }: TimelineEntry): Moment[] {
  const lengthMs = 0;
  if (type === 'say' || type === 'play')
    return [{ atMs, lengthMs, type, text: text.replace('the caller hears: ', '') }];
  if (type === 'dial' || type === 'hang up') return [{ atMs, lengthMs, type, text }];
  if (type === 'close' && text.startsWith('by the caller'))
    return [{ atMs, lengthMs, type: 'hang up', text: 'by the caller' }];
  const agent = type === 'redirect' ? /^\/webhooks\/[^/]+\/(?!after$)([^/]+)$/.exec(text)?.[1] : undefined;
  return agent === undefined ? [] : [{ atMs, lengthMs, type: 'agent', text: agent }];
}

function errorIn({ carrierError, milestones }: CallReport): Moment[] {
  if (!carrierError) return [];
  return [{ atMs: milestones.ended, lengthMs: 0, type: 'error', text: carrierError.reason }];
}
