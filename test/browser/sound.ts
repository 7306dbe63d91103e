import { plivo, telnyx } from '../../providers/index.ts';
import type { ProviderModule } from '../../shared/provider.ts';
import { LINE_RATE } from '../../simulator/caller-source.ts';
import { resample } from '../../simulator/resample.ts';
import { shippedSource } from '../../simulator/sources.ts';
import { bestMatch } from '../helpers/correlation.ts';

/**
 * From here on a recording holds the sentence. The browser filters noise and echo out of what its microphone hears: about 0.78
 * of a recorded voice is left. Other voices, noise and silence stay below STRANGE.
 */
export const ALIKE = 0.45;
export const STRANGE = 0.3;

/** Hz of the page's loudspeaker. */
export const SPEAKER_RATE = 24_000;

/** Seconds of a sentence. */
export const SENTENCE = 2;

/** At 8 kHz. */
export const visitorSays: Int16Array = await sentence(telnyx);
export const botSays: Int16Array = await sentence(plivo);

async function sentence(provider: ProviderModule): Promise<Int16Array> {
  const { samples } = await shippedSource(provider);
  const isLoud = (sample: number): boolean => Math.abs(sample) > 100;
  const begin = samples.findIndex(isLoud);
  return samples.slice(begin, begin + SENTENCE * LINE_RATE);
}

export async function atRate(samples: Int16Array, from: number, to: number): Promise<Int16Array> {
  const resampled = await resample(Float32Array.from(samples), from, to);
  return Int16Array.from(resampled, (sample) => Math.max(-32_768, Math.min(32_767, Math.round(sample))));
}

/** Hz at which sounds are compared: most of a voice is below 2 kHz, and it takes a quarter of the time. */
const EAR_RATE = 4000;

/** How much of a recording, at its best place, is the sentence (8 kHz): 1 is all of it. `rate`: Hz of the recording. */
export async function likeness(said: Int16Array, recording: Int16Array, rate: number): Promise<number> {
  const wanted = await atRate(said, LINE_RATE, EAR_RATE);
  const heard = await atRate(recording, rate, EAR_RATE);
  return bestMatch(wanted, heard, Math.max(0, heard.length - wanted.length)).likeness;
}
