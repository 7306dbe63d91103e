import type { Config } from '../gateway/config/config.ts';
import type { Log } from '../gateway/log.ts';
import type { SessionStore } from '../gateway/sessions/store.ts';
import type { Answers } from '../shared/answers.ts';
import { superviseWorker, type Exit, type SupervisedWorker } from './supervised-worker.ts';
import type { Listening } from './worker-messages.ts';
import type { WorkersMetrics } from './worker-metrics.ts';
import type { hostedBook } from './worker-refusals.ts';

/** Deaths in a row after which a worker is still replaced at once. Then each replacement waits, twice as long each time. */
const QUICK_RESTARTS = 3;
/** Milliseconds. */
const FIRST_DELAY = 1000;
const LONGEST_DELAY = 30_000;
/** Milliseconds after which a worker's death has nothing to do with the one before. */
const STEADY = 60_000;

/** Milliseconds until a worker is replaced, after so many deaths in a row. */
export function restartDelay(deaths: number): number {
  if (deaths <= QUICK_RESTARTS) return 0;
  return Math.min(FIRST_DELAY * 2 ** (deaths - QUICK_RESTARTS - 1), LONGEST_DELAY);
}

export interface PlaceOptions {
  /** Counted from 1. */
  readonly number: number;
  readonly config: Config;
  readonly sessions: SessionStore;
  readonly answers: Answers;
  readonly metrics: WorkersMetrics;
  readonly refusals: ReturnType<typeof hostedBook>;
  readonly log: Log;
  /** A session became live here. */
  readonly onCall: () => void;
}

/** One of the workers, through all the processes that take its place. */
export interface Place {
  /** How its first process fared: where it listens, or why it does not. */
  readonly first: Promise<Listening | string>;
  /** Live sessions. */
  readonly calls: number;
  /** From now on somebody always serves here, or will soon. */
  keep(): void;
  /** Nobody comes after those who are there. They drain; again: they end their calls. */
  drain(): void;
  /** Somebody wants a session ended: tells its worker, if that one is here. */
  stop(id: string): void;
  kill(): void;
  /** Resolves when nobody is there any more. */
  emptied(): Promise<void>;
}

export function openPlace(options: PlaceOptions): Place {
  const { number, log } = options;
  const living = new Set<SupervisedWorker>();
  let phase: 'trying' | 'kept' | 'draining' = 'trying';
  let deaths = 0;
  let restart: NodeJS.Timeout | undefined;
  let waiting: (() => void)[] = [];

  function launch(settle: (first: Listening | string) => void): void {
    const since = performance.now();
    let failure: string | null = null;
    let isReplaced = false;
    const replaceOnce = (): object => {
      if (phase !== 'kept' || isReplaced) return {};
      isReplaced = true;
      return replace(performance.now() - since);
    };
    const worker = superviseWorker({
      ...options,
      onListening(where) {
        log.info({ worker: number, pid: worker.pid }, 'worker listening');
        settle(where);
      },
      onFailed: (message) => (failure = message),
      onFailing: () => void replaceOnce(),
      onExit(exit) {
        living.delete(worker);
        const facts = { worker: number, pid: worker.pid, ...exit };
        if (phase === 'draining') log.info(facts, 'worker left');
        else log.error({ ...facts, error: failure ?? undefined, ...replaceOnce() }, 'worker lost');
        settle(failure ?? `no worker can start: ${unexplained(exit)}`);
        for (const tell of living.size === 0 ? waiting : []) tell();
      },
    });
    living.add(worker);
  }

  function replace(lived: number): object {
    deaths = lived > STEADY ? 1 : deaths + 1;
    const delay = restartDelay(deaths);
    restart = setTimeout(launch, delay, () => {});
    return { replacedIn: delay / 1000 };
  }

  return {
    first: new Promise(launch),
    get calls() {
      return [...living].reduce((sum, { calls }) => sum + calls, 0);
    },
    keep() {
      phase = 'kept';
      if (living.size === 0) replace(0);
    },
    drain() {
      phase = 'draining';
      clearTimeout(restart);
      for (const worker of living) worker.drain();
    },
    stop: (id) => living.forEach((worker) => worker.stop(id)),
    kill: () => living.forEach((worker) => worker.kill()),
    emptied: () => (living.size === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
  };
}

function unexplained({ code, signal }: Exit): string {
  if (code === null && signal === null) return 'there is no room for another process';
  return `the first one ended with ${signal ?? `exit code ${code}`}`;
}
