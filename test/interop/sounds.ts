import { levelOf } from '../../shared/audio.ts';
import { bestMatch } from '../helpers/correlation.ts';

/** One second from 300 to 3000 Hz, what a telephone carries. */
export function sweep(sampleRate: number): Int16Array {
  return Int16Array.from({ length: sampleRate }, (_, index) => {
    const t = index / sampleRate;
    return Math.round(8000 * Math.sin(2 * Math.PI * (300 * t + 1350 * t * t)));
  });
}

/** Every `step`-th sample: a telephone's own rate, of audio that was brought to a multiple of it. */
export function every(step: number, samples: Int16Array): Int16Array {
  return Int16Array.from({ length: Math.floor(samples.length / step) }, (_, index) => samples[index * step]!);
}

/** Samples that are looked for at once: 62.5 ms at 8 kHz, shorter than what Pipecat sends in one message. */
const PIECE = 500;
/** Samples, at 8 kHz, that a pause in the middle may have: Pipecat sends the beginning of what it says late. */
const PAUSE = 2000;
const ALIKE = 0.95;
/** Root mean square of what is no silence. */
const LOUD = 200;

/** How much of a sound is heard, piece by piece in its order, with pauses between them: from 0 to 1. */
export function shareHeard(sound: Int16Array, heard: Int16Array): number {
  let loud = 0;
  let found = 0;
  let position = 0;
  for (let start = 0; start + PIECE <= sound.length; start += PIECE) {
    const piece = sound.subarray(start, start + PIECE);
    let at = position;
    if (levelOf(piece) > LOUD) {
      loud += 1;
      // Never past the end, where a piece is compared with its first few samples only.
      const room = heard.length - position - PIECE;
      const longest = found === 0 ? room : Math.min(room, PAUSE);
      const { lag, likeness } = bestMatch(piece, heard.subarray(position), longest);
      if (likeness > ALIKE) {
        found += 1;
        at = position + lag;
      }
    }
    if (found > 0) position = at + PIECE;
  }
  return found / loud;
}
