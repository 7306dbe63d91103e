import type { HttpResponse } from './http.ts';

/** An answer, and whether the next request of the same name shall get the very same one. */
export interface Answer {
  readonly response: HttpResponse;
  readonly keep: boolean;
}

/** Remembers answers by name, so that a carrier's retry, or somebody's replay, starts nothing twice. */
export interface Answers {
  /** The kept answer of that key, or what `make` answers. Requests that come together share one `make`. */
  once(key: string, make: () => Promise<Answer>): Promise<HttpResponse>;
}

export interface MemoryAnswersOptions {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Milliseconds an answer is kept: the life of the token in it. */
  readonly ttl: number;
  /** Answers kept at most, so that memory is bounded. */
  readonly max: number;
  /** What to say when there is no room. Nothing kept is ever pushed out: that would make a second token. */
  readonly whenFull: () => Promise<HttpResponse>;
}

/** Answers of this process. */
export function memoryAnswers({ now, ttl, max, whenFull }: MemoryAnswersOptions): Answers {
  const kept = new Map<string, { readonly response: HttpResponse; readonly until: number }>();
  const underway = new Map<string, Promise<HttpResponse>>();

  function forgetOld(): void {
    for (const [key, { until }] of kept) {
      if (until > now()) return; // kept in order of age
      kept.delete(key);
    }
  }

  async function make(key: string, answer: () => Promise<Answer>): Promise<HttpResponse> {
    try {
      const { response, keep } = await answer();
      if (keep) kept.set(key, { response, until: now() + ttl });
      return response;
    } finally {
      underway.delete(key);
    }
  }

  return {
    async once(key, answer) {
      forgetOld();
      const known = kept.get(key)?.response ?? underway.get(key);
      if (known !== undefined) return known;
      if (kept.size + underway.size >= max) return whenFull();
      const answering = make(key, answer);
      underway.set(key, answering);
      return answering;
    },
  };
}
