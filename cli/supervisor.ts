import cluster from 'node:cluster';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Config } from '../gateway/config/config.ts';
import type { Log } from '../gateway/log.ts';
import { serveMetrics } from '../gateway/observe/metrics-page.ts';
import { GatewayError } from '../shared/errors.ts';
import { TOKEN_TTL } from '../shared/start.ts';
import type { SharedState } from './shared-state.ts';
import { openPlace } from './supervised-place.ts';
import { fairTurns, useUpTurn } from './supervisor-turns.ts';
import type { Served } from './worker-gateway.ts';
import type { Listening } from './worker-messages.ts';
import { workersMetrics } from './worker-metrics.ts';
import { hostedBook } from './worker-refusals.ts';

/** Milliseconds a worker has to exit once its last call must be over. Then it hangs, and is killed. */
const EXIT_GRACE = 10_000;

export interface SupervisorOptions extends SharedState {
  readonly config: Config;
  readonly log: Log;
}

/**
 * One port, `config.workers` processes. This one accepts connections and hands them round, holds the sessions, and
 * replaces workers that die. Rejects with ERR_CONFIG_INVALID when none can start. `drain` drains them all.
 */
export async function superviseWorkers(options: SupervisorOptions): Promise<Served> {
  const { config: given, log, sessions } = options;
  const config = { ...given, store: null }; // the sessions are kept here: no worker needs the way to them
  prepareFork(config.workers);
  const answers = options.answers({
    now: Date.now,
    ttl: TOKEN_TTL,
    max: config.limits.maxPending,
    whenFull: () => Promise.reject(new Error('full')), // the worker knows what its carrier should say
  });
  const [metrics, refusals] = [workersMetrics(), hostedBook()];
  const page = config.metrics && (await serveMetrics(config.metrics, metrics.scrape));
  let where: Listening | undefined;
  const onCall = fairTurns(
    () => places.map(({ calls }) => calls),
    () => where && useUpTurn(where.address),
  );
  const places = Array.from({ length: config.workers }, (_, index) =>
    openPlace({
      number: index + 1,
      config: shareOf(config, index),
      sessions,
      answers,
      metrics,
      refusals,
      log,
      onCall: () => onCall(index),
    }),
  );
  sessions.onStop((id) => places.forEach((place) => place.stop(id)));
  const firsts = await Promise.all(places.map(({ first }) => first));
  where = firsts.find((first) => typeof first === 'object');
  if (!where) {
    page?.close();
    throw new GatewayError('ERR_CONFIG_INVALID', firsts.find((first) => typeof first === 'string') ?? '');
  }
  for (const place of places) place.keep();

  let isDraining = false;
  return {
    publicUrl: where.publicUrl,
    address: where.address,
    metricsAddress: page && page.address,
    providers: where.providers,
    async drain() {
      const patience = isDraining ? 0 : config.drainTimeout;
      isDraining = true;
      for (const place of places) place.drain();
      const late = setTimeout(
        () => {
          for (const place of places) place.kill();
        },
        config.drainDelay + patience + config.limits.closeTimeout + EXIT_GRACE,
      );
      await Promise.all(places.map((place) => place.emptied()));
      clearTimeout(late);
      await sessions.close();
      page?.close();
    },
  };
}

/** Its part of the sockets that the gateway may have: each process counts its own. */
function shareOf(config: Config, index: number): Config {
  const { workers, limits } = config;
  const share = Math.floor(limits.maxSockets / workers) + (index < limits.maxSockets % workers ? 1 : 0);
  return { ...config, limits: { ...limits, maxSockets: Math.max(1, share) } };
}

function prepareFork(workers: number): void {
  cluster.schedulingPolicy = cluster.SCHED_RR;
  cluster.setupPrimary({
    exec: fileURLToPath(new URL('./worker.js', import.meta.url)),
    args: [],
    serialization: 'advanced', // secrets are bytes
    // Where every core has a worker, V8's helper threads (collector, compiler) only compete with the relays: some runs
    // have a shorter tail without them, none a longer one. In Node 20, 22, 24.
    execArgv: [...process.execArgv, ...(workers >= availableParallelism() ? ['--single-threaded'] : [])],
  });
}
