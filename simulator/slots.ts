import { AUDIBLE, FRAME_MS, levelOf } from '../shared/audio.ts';
import type { CallerLeg } from './caller-leg.ts';
import { SLOT_SAMPLES, type CallerVoice } from './caller-voice.ts';
import type { Pace } from './pace.ts';
import type { Playback } from './playback.ts';
import type { EntryType } from './report.ts';
import type { SocketWatch } from './socket-watch.ts';

/** Milliseconds a frame may be late before it is counted. */
const LATE = 10;

export interface SlotsOptions {
  readonly voice: CallerVoice;
  readonly pace: Pace;
  readonly leg: CallerLeg;
  readonly player: Playback;
  readonly watch: SocketWatch;
  readonly note: (type: EntryType, text: string) => void;
  /** Ends the call. */
  readonly signal: AbortSignal;
  /** What the dialect writes for a moment of the line's clock. */
  readonly timestamp: (lineMs: number) => number;
  /** The line's begin, in milliseconds since the Unix epoch: digits are dated by the wall clock wherever they are dated. */
  readonly began: number;
}

export interface SlotsResult {
  readonly said: readonly Int16Array[];
  readonly heard: readonly Int16Array[];
  /** The caller heard something that was not silence. */
  readonly wasHeard: boolean;
  readonly late: { readonly frames: number; readonly worstMs: number };
}

/**
 * The line's clockwork. In each slot of 20 ms the caller's digits and one frame go out; what the bot has sent until the
 * slot's end is heard in it. Ends when the caller has nothing more to say, or either side hangs up.
 */
export async function runSlots(options: SlotsOptions): Promise<SlotsResult> {
  const { voice, pace, watch, signal } = options;
  const said: Int16Array[] = [];
  const heard: Int16Array[] = [];
  let late = { frames: 0, worstMs: 0 };
  for (let slot = 0; slot < voice.slots && !watch.isOver() && !signal.aborted; slot += 1) {
    const lateness = Math.round(pace.lateness(slot));
    late = { frames: late.frames + Number(lateness > LATE), worstMs: Math.max(late.worstMs, lateness) };
    said.push(speak(slot, options));
    await pace.end(slot);
    heard.push(listen(options));
    await watch.drained();
  }
  return { said, heard, late, wasHeard: heard.some((samples) => levelOf(samples) > AUDIBLE) };
}

function speak(slot: number, { voice, leg, note, timestamp, began }: SlotsOptions): Int16Array {
  const lineMs = slot * FRAME_MS;
  for (const { digit } of voice.digits(slot)) {
    leg.send({ type: 'dtmf', digit, timestamp: began + lineMs });
    note('digit', `the caller pressed ${digit}`);
  }
  const { samples, audio } = voice.frame(slot);
  leg.send({ type: 'media', audio, timestamp: timestamp(lineMs) });
  return samples;
}

function listen({ player, leg, note }: SlotsOptions): Int16Array {
  const { samples, marks } = player.play(SLOT_SAMPLES);
  for (const name of marks) {
    leg.send({ type: 'mark', name });
    note('mark', `"${name}" was played`);
  }
  return samples;
}
