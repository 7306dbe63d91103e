import type { Asked } from './ask.ts';
import { ok, skipped, warning, type Finding } from './finding.ts';

/** Milliseconds by which clocks may differ: Telnyx's signatures live for minutes, tokens for five; beyond, something is broken. */
export const MAX_SKEW = 30_000;

/** The gateway's clock against ours. */
export function* checkSkew(asked: Asked): Generator<Finding> {
  if (asked.type !== 'seen') yield skipped('clock', 'the gateway did not tell its time');
  else
    yield skewed(
      'clock',
      "the gateway's clock",
      asked.seen.now - asked.at,
      'set the clock of the gateway, or of this machine, by NTP',
    );
}

/** `skew`: milliseconds; positive is ahead of this machine. */
export function skewed(check: string, whose: string, skew: number, cure: string): Finding {
  const seconds = Math.round(Math.abs(skew) / 1000);
  if (Math.abs(skew) <= MAX_SKEW)
    return ok(check, `${whose} and this machine's agree within ${Math.max(1, seconds)} s`);
  return warning(check, `${whose} is ${seconds} s ${skew > 0 ? 'ahead of' : 'behind'} this machine's`, cure);
}

/** Hears the time of servers from the Date of their answers. */
export interface HeardClock {
  readonly fetch: typeof globalThis.fetch;
  /** Milliseconds they are ahead of us, by the last answer; null when there was none with a date. */
  readonly skew: () => number | null;
}

export function hearClock(fetch: typeof globalThis.fetch, now: () => number): HeardClock {
  let skew: number | null = null;
  return {
    skew: () => skew,
    async fetch(...request) {
      const response = await fetch(...request);
      const date = Date.parse(response.headers.get('date') ?? '');
      if (!Number.isNaN(date)) skew = date - now();
      return response;
    },
  };
}
