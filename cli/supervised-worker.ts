import cluster from 'node:cluster';
import type { Config } from '../gateway/config/config.ts';
import { hostedStore } from '../gateway/sessions/hosted.ts';
import type { SessionStore } from '../gateway/sessions/store.ts';
import { hostedAnswers } from '../gateway/workers/hosted-answers.ts';
import type { Answers } from '../shared/answers.ts';
import type { WorkersMetrics } from './worker-metrics.ts';
import type { hostedBook } from './worker-refusals.ts';
import { readReport, type Listening, type Order, type Report } from './worker-messages.ts';

/** How a worker's process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
  /** Live sessions it took with it. */
  readonly calls: number;
}

export interface SupervisedWorkerOptions {
  /** Counted from 1: stays the same when the process is replaced. */
  readonly number: number;
  readonly config: Config;
  readonly sessions: SessionStore;
  readonly answers: Answers;
  readonly metrics: WorkersMetrics;
  readonly refusals: ReturnType<typeof hostedBook>;
  readonly onListening: (where: Listening) => void;
  /** It cannot listen; it exits. */
  readonly onFailed: (message: string) => void;
  /** A bug: it takes no more calls, and exits when those it has are over. */
  readonly onFailing: () => void;
  /** A session became live in it. */
  readonly onCall: () => void;
  readonly onExit: (exit: Exit) => void;
}

/** A worker's process, seen from the supervisor. */
export interface SupervisedWorker {
  readonly pid: number | undefined;
  /** Sessions live in it. */
  readonly calls: number;
  /** As Gateway.drain; then it exits. */
  drain(): void;
  /** Tells it that somebody wants a session ended, if it is live in it. */
  stop(id: string): void;
  kill(): void;
}

/** Starts a process, gives it its configuration, and answers its questions about sessions. */
export function superviseWorker(options: SupervisedWorkerOptions): SupervisedWorker {
  const { number, config, sessions, answers, onListening, onFailed, onFailing, onCall, onExit } = options;
  const worker = cluster.fork();
  // A worker that is gone says so by its exit.
  const send = (message: object): void => void worker.send(message, () => {});
  const hosted = hostedStore({ store: sessions, now: Date.now, send });
  const webhooks = hostedAnswers(answers, send);
  const measured = options.metrics.join(send);
  const written = options.refusals(send);
  let isDraining = false;
  const order = (what: Order): void => send(what);

  worker.on('message', (message: unknown) => {
    if (!webhooks.receive(message) && !written(message)) void receive(message);
  });
  async function receive(message: unknown): Promise<void> {
    const before = hosted.live;
    const answer = await hosted.answer(message);
    if (hosted.live > before) onCall();
    if (answer) send(answer);
    else if (!measured.receive(message)) heed(readReport(message));
  }
  function heed(report: Report | null): void {
    if (report?.type === 'ready')
      order(isDraining ? { type: 'drain' } : { type: 'start', worker: number, config });
    if (report?.type === 'listening') onListening(report);
    if (report?.type === 'failed') onFailed(report.message);
    if (report?.type === 'failing') onFailing();
  }

  const exited = (code: number | null, signal: string | null): void => {
    webhooks.release();
    measured.left();
    void hosted.release().then((calls) => onExit({ code, signal, calls }));
  };
  // Its last words may still be on their way when it has exited; they end with 'disconnect'.
  worker.once('exit', (code: number | null, signal: string | null) => {
    if (worker.isConnected()) worker.once('disconnect', () => exited(code, signal));
    else exited(code, signal);
  });
  worker.on('error', () => {
    if (worker.process.pid === undefined) exited(null, null); // there was no room for another process
  });

  return {
    pid: worker.process.pid,
    get calls() {
      return hosted.live;
    },
    drain() {
      isDraining = true;
      order({ type: 'drain' });
    },
    stop: (id) => hosted.stop(id),
    kill: () => void worker.process.kill('SIGKILL'),
  };
}
