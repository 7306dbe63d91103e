import { MAX_BACKOFF, MIN_BACKOFF } from '../limits.ts';

/** Which bots of a pool are out, as far as this process has seen. */
export interface Outages {
  readonly isOut: (url: string) => boolean;
  /** It took a call. */
  readonly answered: (url: string) => void;
  /** It did not take one: it is out until its back-off is over, twice as long from one failure to the next. */
  readonly failed: (url: string, failure: Error) => void;
  /** A health check went well, or, with a failure, did not: then it is out until one does. */
  readonly checked: (url: string, failure: Error | null) => void;
  /** Forgets all others. */
  readonly keep: (urls: ReadonlySet<string>) => void;
}

export interface OutagesOptions {
  /** Milliseconds on a clock that is never set. */
  readonly now: () => number;
  /** Told when a bot goes out, and why; and, with null, when it is known to be back. Once each. */
  readonly tell: (url: string, failure: Error | null) => void;
}

interface Outage {
  readonly failures: number;
  /** When its back-off is over, on the clock of `now`. */
  readonly until: number;
  readonly isSick: boolean;
}

const NONE: Outage = { failures: 0, until: -Infinity, isSick: false };

export function outages({ now, tell }: OutagesOptions): Outages {
  const known = new Map<string, Outage>();

  function set(url: string, outage: Outage, failure: Error): void {
    const isNew = !known.has(url);
    known.set(url, outage);
    if (isNew) tell(url, failure);
  }

  function forget(url: string): void {
    if (known.delete(url)) tell(url, null);
  }

  return {
    isOut(url) {
      const { isSick, until } = known.get(url) ?? NONE;
      return isSick || now() < until;
    },
    answered(url) {
      const outage = known.get(url);
      if (outage?.isSick) known.set(url, { ...NONE, isSick: true });
      else forget(url);
    },
    failed(url, failure) {
      const outage = known.get(url) ?? NONE;
      // Many calls find out at once that a bot is gone: that is one failure, not many.
      if (now() < outage.until) return;
      const backoff = Math.min(MIN_BACKOFF * 2 ** outage.failures, MAX_BACKOFF);
      set(url, { ...outage, failures: outage.failures + 1, until: now() + backoff }, failure);
    },
    checked(url, failure) {
      if (failure) set(url, { ...(known.get(url) ?? NONE), isSick: true }, failure);
      else forget(url);
    },
    keep(urls) {
      for (const url of known.keys()) if (!urls.has(url)) known.delete(url);
    },
  };
}
