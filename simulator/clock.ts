import { setTimeout as sleep } from 'node:timers/promises';

/** Time, handed in so that tests can hand in another one. */
export interface Clock {
  /** Milliseconds, never going back, from any origin. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<unknown>;
}

export const wallClock: Clock = {
  now: () => performance.now(),
  sleep: (ms) => sleep(ms),
};
