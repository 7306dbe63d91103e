import { toAudio } from '../shared/audio.ts';
import type { AudioFormat } from '../shared/stream.ts';
import { digitNotes, play } from './tones.ts';

/** Digits waiting for their tone; more are not taken. */
const MAX_DIGITS = 32;

/** What the tones cover of a stretch of outgoing audio. */
export interface TonePart {
  readonly audio: Uint8Array;
  /** Digits whose tone ends in this part. */
  readonly ended: readonly string[];
}

/** Tones of pressed digits, one after the other, cut to fit outgoing audio. */
export interface DigitTones {
  add(digit: string): void;
  /** At most `bytes` bytes; none when no tone is due. */
  take(bytes: number): TonePart;
}

export function digitTones({ encoding, sampleRate }: AudioFormat): DigitTones {
  const waiting: { readonly digit: string; rest: Uint8Array }[] = [];
  return {
    add(digit) {
      const notes = digitNotes(digit);
      if (!notes || waiting.length >= MAX_DIGITS) return;
      waiting.push({ digit, rest: toAudio(play(notes, sampleRate), encoding) });
    },
    take(bytes) {
      const parts: Uint8Array[] = [];
      const ended: string[] = [];
      let room = bytes;
      for (let tone = waiting[0]; tone !== undefined && room > 0; tone = waiting[0]) {
        const part = tone.rest.subarray(0, room);
        parts.push(part);
        room -= part.length;
        tone.rest = tone.rest.subarray(part.length);
        if (tone.rest.length > 0) break;
        ended.push(tone.digit);
        waiting.shift();
      }
      return { audio: Buffer.concat(parts), ended };
    },
  };
}
