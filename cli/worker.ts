// One of several processes behind one port. The supervisor (supervisor.ts) starts it; nobody else can.
import cluster, { type Worker } from 'node:cluster';
import type { Gateway } from '../gateway/app.ts';
import type { Config } from '../gateway/config/config.ts';
import { loggedError, type Log } from '../gateway/log.ts';
import { remoteStore } from '../gateway/sessions/remote.ts';
import { remoteAnswers } from '../gateway/workers/remote-answers.ts';
import { GatewayError } from '../shared/errors.ts';
import { CRASH_DRAIN } from './crash-drain.ts';
import { listen } from './worker-gateway.ts';
import { numbered, openSharedLog } from './worker-log.ts';
import { readOrder, type Report } from './worker-messages.ts';
import { workerMetrics } from './worker-metrics.ts';
import { remoteBook } from './worker-refusals.ts';

// A terminal, and systemd, signal all processes of a group: the supervisor decides what it means, and says it once.
process.on('SIGTERM', () => {}).on('SIGINT', () => {});
if (cluster.worker) obey(cluster.worker);
else throw new Error('a worker is started by "hookswitch serve" with workers = 2 or more');

function obey(supervisor: Worker): void {
  // Without a callback, a message to a supervisor that is gone would be an uncaught error.
  const send = (message: object): void => void supervisor.send(message, () => {});
  const report = (what: Report): void => send(what);
  const store = remoteStore({ send, now: Date.now });
  const webhooks = remoteAnswers({ send });
  const metrics = workerMetrics(send);
  const refusals = remoteBook(send);
  let running: Promise<Running | null> = Promise.resolve(null);

  supervisor.on('message', (message: unknown) => {
    if ([store, webhooks, metrics, refusals].some((part) => part.receive(message))) return;
    const order = readOrder(message);
    if (order?.type === 'drain') void running.then((it) => (it ? it.stop() : process.exit()));
    if (order?.type === 'start') running = start(order.worker, order.config);
  });
  supervisor.once('disconnect', store.lost).once('disconnect', webhooks.lost);
  report({ type: 'ready' });

  async function start(worker: number, config: Config): Promise<Running | null> {
    const log = numbered(await openSharedLog(config.secretValues), worker);
    try {
      const { sessions } = store;
      const { scrape } = metrics;
      const { answers } = webhooks;
      const gateway = await listen({ config, sessions, answers, refusals: refusals.book, scrape, log });
      metrics.measureWith(() => gateway.measure());
      const { publicUrl, address, providers } = gateway;
      report({ type: 'listening', publicUrl, address, providers });
      return run(gateway, supervisor, report, log);
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      supervisor.send({ type: 'failed', message: error.message } satisfies Report, () => process.exit(2));
      return null;
    }
  }
}

interface Running {
  /** Finishes calls, then exits. Again: ends them. */
  readonly stop: () => void;
}

function run(gateway: Gateway, supervisor: Worker, report: (what: Report) => void, log: Log): Running {
  let isStopping = false;
  let isFailing = false;
  const stop = (): void => {
    isStopping = true;
    void gateway.drain().then(() => process.exit());
  };

  supervisor.once('disconnect', () => {
    supervisor.exitedAfterDisconnect = true; // otherwise node:cluster ends the process here, and its calls
    if (isStopping) return;
    log.error({}, 'the supervisor is gone: finishing calls, then exit');
    process.exitCode = 1;
    stop();
  });
  process.on('uncaughtException', (error) => {
    log.error({ ...loggedError(error), stack: error.stack }, 'uncaught: finishing calls, then exit');
    process.exitCode = 1;
    setTimeout(() => process.exit(1), CRASH_DRAIN);
    if (!isFailing) report({ type: 'failing' });
    gateway.stopListening(); // so that the others get what comes from now on, and this one has nobody to refuse
    isFailing = true;
    stop();
  });
  return { stop };
}
