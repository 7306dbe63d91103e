import { FRAME_MS, toAudio, toSamples } from '../shared/audio.ts';
import type { AudioFormat } from '../shared/stream.ts';
import { lengthOf, LINE_RATE, type CallerSource, type Digit } from './caller-source.ts';

/** Samples in one slot of the line. */
export const SLOT_SAMPLES: number = (LINE_RATE * FRAME_MS) / 1000;

/** What a caller does in each slot of 20 ms. */
export interface CallerVoice {
  /** Slots until the caller hangs up. */
  readonly slots: number;
  /** A whole frame, silence where the caller says nothing; `samples` are what is left of it on the line. */
  frame(slot: number): { readonly samples: Int16Array; readonly audio: Uint8Array };
  digits(slot: number): readonly Digit[];
}

/** `linger`: milliseconds of silence between the caller's last sound and hanging up. */
export function callerVoice(source: CallerSource, linger: number, { encoding }: AudioFormat): CallerVoice {
  return {
    slots: Math.ceil((lengthOf(source) + linger) / FRAME_MS),
    frame(slot) {
      const samples = new Int16Array(SLOT_SAMPLES);
      samples.set(source.samples.subarray(slot * SLOT_SAMPLES, (slot + 1) * SLOT_SAMPLES));
      const audio = toAudio(samples, encoding);
      return { samples: toSamples(audio, encoding), audio };
    },
    digits: (slot) => source.digits.filter(({ atMs }) => Math.floor(atMs / FRAME_MS) === slot),
  };
}
