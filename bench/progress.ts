/** Says on stderr what is measured, and how long it will take. */
export interface Progress {
  /** `seconds`: about how long what is announced takes. */
  readonly step: (what: string, seconds: number) => void;
  readonly say: (what: string) => void;
}

export function progress(total: number, write: (text: string) => void): Progress {
  let left = total;
  return {
    step(what, seconds) {
      write(`${what} (${duration(Math.max(left, seconds))} left)\n`);
      left -= seconds;
    },
    say: (what) => write(`${what}\n`),
  };
}

/** `4 min`, `50 s`. */
export function duration(seconds: number): string {
  return seconds >= 90 ? `${Math.round(seconds / 60)} min` : `${Math.max(1, Math.round(seconds))} s`;
}
