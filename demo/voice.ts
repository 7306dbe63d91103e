import { levelOf } from '../shared/audio.ts';

/**
 * How loud a frame must be to count as speech: root mean square of 16-bit samples. 600 is -35 dBFS, above the noise of a
 * telephone line (about -50) and below a person who talks (about -25).
 */
export const SPEECH_LEVEL = 600;

/** How much loud audio makes a voice, in milliseconds: a click is shorter. */
export const SPEECH_LENGTH = 60;

/** Listens for a voice, frame by frame: true from the moment when enough loud audio has come without a pause. */
export function voiceDetector(sampleRate: number): (samples: Int16Array) => boolean {
  const needed = (SPEECH_LENGTH * sampleRate) / 1000;
  let loud = 0;
  return (samples) => {
    loud = levelOf(samples) >= SPEECH_LEVEL ? loud + samples.length : 0;
    return loud >= needed;
  };
}
