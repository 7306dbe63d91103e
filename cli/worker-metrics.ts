import { z } from 'zod';
import { growingOf, sumOf, totalOf, type Measured, type Scrape } from '../gateway/observe/metrics-page.ts';

/** Milliseconds a worker has to hand over its numbers. One that hangs is shown as it was last seen. */
const MEASURE_TIMEOUT = 1000;
/** Milliseconds the supervisor has for the sum of all. */
const SCRAPE_TIMEOUT = 2000;

/** Between a worker and its supervisor. `id` is the asker's. */
type Message =
  /** To a worker: what do you measure? */
  | { readonly type: 'measure'; readonly id: number }
  | { readonly type: 'measured'; readonly id: number; readonly measured: Measured }
  /** To the supervisor: somebody asked me for /metrics. */
  | { readonly type: 'scrape'; readonly id: number }
  | { readonly type: 'scraped'; readonly id: number; readonly text: string };

const id = z.int();
const MessageData = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('measure'), id }),
  z.strictObject({ type: z.literal('measured'), id, measured: z.custom<Measured>(Array.isArray) }),
  z.strictObject({ type: z.literal('scrape'), id }),
  z.strictObject({ type: z.literal('scraped'), id, text: z.string() }),
]);

type Send = (message: Message) => void;

/** Questions to another process. An answer that does not come in time is null. */
export function asker<T>(timeout: number): {
  readonly ask: (send: (id: number) => void) => Promise<T | null>;
  readonly answered: (id: number, answer: T) => void;
} {
  const waiting = new Map<number, (answer: T | null) => void>();
  let count = 0;
  return {
    ask(send) {
      const own = count++;
      return new Promise((resolve) => {
        const settle = (answer: T | null): void => {
          clearTimeout(timer);
          waiting.delete(own);
          resolve(answer);
        };
        const timer = setTimeout(settle, timeout, null);
        waiting.set(own, settle);
        send(own);
      });
    },
    answered: (own, answer) => waiting.get(own)?.(answer),
  };
}

/** One worker's process, as its supervisor sees it. */
export interface MeasuredWorker {
  /** True when the message was about metrics. */
  readonly receive: (message: unknown) => boolean;
  /** The process is gone. What it had counted, as far as it was told, stays in the sums. */
  readonly left: () => void;
}

/** The numbers of all workers, those that are gone included: no counter goes backwards when one of them dies. */
export interface WorkersMetrics {
  readonly join: (send: Send) => MeasuredWorker;
  readonly scrape: Scrape;
}

interface Member {
  readonly send: Send;
  latest: Measured | null;
}

export function workersMetrics(): WorkersMetrics {
  const members = new Set<Member>();
  const { ask, answered } = asker<Measured>(MEASURE_TIMEOUT);
  /** What those that are gone had counted. */
  let gone: readonly Measured[] = [];
  let underway: Promise<string> | null = null;

  async function scrape(): Promise<string> {
    await Promise.all(
      [...members].map(async (member) => {
        const measured = await ask((own) => member.send({ type: 'measure', id: own }));
        if (measured) member.latest = measured;
      }),
    );
    const dead = gone;
    const buried = await totalOf(dead); // one for all of them, however many have died
    gone = [buried, ...gone.slice(dead.length)];
    return sumOf([...[...members].flatMap(({ latest }) => (latest ? [latest] : [])), ...gone]);
  }
  const shared = (): Promise<string> => (underway ??= scrape().finally(() => (underway = null)));

  return {
    scrape: shared,
    join(send) {
      const member: Member = { send, latest: null };
      members.add(member);
      return {
        receive(message) {
          const { data } = MessageData.safeParse(message);
          if (data?.type === 'measured') answered(data.id, data.measured);
          if (data?.type === 'scrape') {
            void shared().then((text) => send({ type: 'scraped', id: data.id, text }));
          }
          return data !== undefined;
        },
        left() {
          members.delete(member);
          if (member.latest) gone = [...gone, growingOf(member.latest)];
        },
      };
    },
  };
}

/** Its other end, in a worker. */
export interface WorkerMetrics {
  /** The numbers of all workers. Rejects when the supervisor does not answer. */
  readonly scrape: Scrape;
  readonly receive: (message: unknown) => boolean;
  /** From now on this is what the supervisor is told. */
  readonly measureWith: (measure: () => Promise<Measured>) => void;
}

export function workerMetrics(send: Send): WorkerMetrics {
  const { ask, answered } = asker<string>(SCRAPE_TIMEOUT);
  let measure: (() => Promise<Measured>) | null = null;
  return {
    async scrape() {
      const text = await ask((own) => send({ type: 'scrape', id: own }));
      if (text === null) throw new Error('the supervisor did not answer');
      return text;
    },
    receive(message) {
      const { data } = MessageData.safeParse(message);
      if (data?.type === 'scraped') answered(data.id, data.text);
      if (data?.type === 'measure') {
        void measure?.().then((measured) => send({ type: 'measured', id: data.id, measured }));
      }
      return data !== undefined;
    },
    measureWith: (how) => void (measure = how),
  };
}
