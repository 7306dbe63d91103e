/** What the caller says and presses. */
export interface CallerSource {
  /** 16 bits at 8 kHz, mono. */
  readonly samples: Int16Array;
  readonly digits: readonly Digit[];
}

export interface Digit {
  readonly digit: string;
  /** Milliseconds since the stream began. */
  readonly atMs: number;
}

/** Hz: what a phone call carries, and all that the simulator speaks. */
export const LINE_RATE = 8000;

/** Milliseconds until the caller has nothing more to say or press. */
export function lengthOf({ samples, digits }: CallerSource): number {
  return Math.max((samples.length * 1000) / LINE_RATE, ...digits.map(({ atMs }) => atMs));
}
