/** A stretch of one or two sine tones; 0 Hz is a rest. */
interface Note {
  readonly hertz: readonly number[];
  /** Milliseconds. */
  readonly length: number;
}

/** How loud one sine is, of full scale: two of them stay below -8 dBFS. */
const LEVEL = 0.2;

/** Milliseconds in which a note fades in and out, so that it does not click. */
const FADE = 5;

/** C5, E5, G5: 600 ms. */
export const GREETING: readonly Note[] = [523.25, 659.26, 783.99].map((hertz) => ({
  hertz: [hertz],
  length: 200,
}));

/** G5, E5, C5: 360 ms. */
export const GOODBYE: readonly Note[] = [783.99, 659.26, 523.25].map((hertz) => ({
  hertz: [hertz],
  length: 120,
}));

/** Milliseconds a digit's tone lasts. */
export const DIGIT_LENGTH = 200;

/**
 * Rows and columns of the keypad, in Hz.
 *
 * @see https://www.itu.int/rec/T-REC-Q.23 (read 2026-11-21)
 */
const ROWS = [697, 770, 852, 941] as const;
const COLUMNS = [1209, 1336, 1477, 1633] as const;
const KEYPAD = '123A456B789C*0#D';

/** The two tones of a key; null when no keypad has it. */
export function digitNotes(digit: string): readonly Note[] | null {
  const key = digit.length === 1 ? KEYPAD.indexOf(digit) : -1;
  const row = ROWS[key >> 2];
  const column = COLUMNS[key & 3];
  return row === undefined || column === undefined ? null : [{ hertz: [row, column], length: DIGIT_LENGTH }];
}

/** Notes one after the other, as 16-bit samples. */
export function play(notes: readonly Note[], sampleRate: number): Int16Array {
  return Int16Array.from(notes.flatMap((note) => playNote(note, sampleRate)));
}

function playNote({ hertz, length }: Note, sampleRate: number): number[] {
  const count = Math.round((length * sampleRate) / 1000);
  const fade = Math.round((FADE * sampleRate) / 1000);
  return Array.from({ length: count }, (_, index) => {
    const gain = Math.min(1, index / fade, (count - 1 - index) / fade);
    const sum = hertz.reduce((total, each) => total + Math.sin((2 * Math.PI * each * index) / sampleRate), 0);
    return Math.round(gain * LEVEL * 32_767 * sum);
  });
}
