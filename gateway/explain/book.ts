import type { Explanation } from './explanation.ts';

/** One request that was not let in, and why. */
export interface Refusal {
  /** 8 hex digits. */
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** A webhook, the upgrade to a socket, or what the stream said on it. */
  readonly door: 'webhook' | 'socket' | 'stream';
  /** Provider name, or "generic". */
  readonly endpoint: string;
  readonly explanation: Explanation;
}

/** Refusals that are remembered; the oldest goes first. At most 8 KB each. */
export const MAX_REFUSALS = 100;

/** The last refusals, of this process or of all workers. */
export interface RefusalBook {
  add(refusal: Refusal): void;
  /** Newest first. */
  list(): Promise<readonly Refusal[]>;
}

export function memoryBook(): RefusalBook {
  let kept: readonly Refusal[] = [];
  return {
    add: (refusal) => void (kept = [refusal, ...kept].slice(0, MAX_REFUSALS)),
    list: async () => kept,
  };
}
