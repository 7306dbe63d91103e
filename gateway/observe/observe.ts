import { Registry } from 'prom-client';
import type { HttpHandler } from '../../shared/http.ts';
import { serviceHostOf, type AgentTable } from '../agents.ts';
import type { Config } from '../config/config.ts';
import { keyRing } from '../keys.ts';
import type { LiveCalls } from '../live.ts';
import type { BotPools } from '../pools/pools.ts';
import { eventLoopLag, watchLag, type LagSource, type LagWatch } from './lag.ts';
import { instruments, readings, showZeros } from './metrics.ts';
import { metricsObserver } from './metrics-observer.ts';
import { measure, metricsEndpoint, textOf, type Measured, type Scrape } from './metrics-page.ts';
import { observers, type Observer } from './observer.ts';

/** Traces, where somebody wants them. */
export interface Tracing {
  readonly observer: Observer;
  /** Sends what has not been sent, if that goes quickly. */
  readonly close: () => Promise<void>;
}

/** How a gateway may be observed. */
export interface ObserveTools {
  /** What measures the event loop; its own delays when not given. */
  readonly lag?: LagSource;
  /** What GET /metrics answers, where several processes are one gateway; the numbers of this one when not given. */
  readonly scrape?: Scrape;
}

export interface ObserveOptions extends ObserveTools {
  readonly config: Config;
  readonly agents: AgentTable;
  readonly live: LiveCalls;
  /** Names of the carriers whose webhooks are on. */
  readonly carriers: readonly string[];
  readonly pools: BotPools;
  readonly isLeaving: () => boolean;
  readonly tracing: Tracing | null;
}

export interface Observed {
  readonly observer: Observer;
  /** All that this process measures. */
  readonly measure: () => Promise<Measured>;
  /** The same as a page: of this process alone. */
  readonly scrape: Scrape;
  /** GET /metrics on the main port; null where metrics have a port of their own. */
  readonly metrics: HttpHandler | null;
  readonly lag: LagWatch;
  readonly close: () => Promise<void>;
}

/** What watches one gateway: metrics always, traces where they are wanted. */
export function observe(options: ObserveOptions): Observed {
  const { config, agents, live, pools, isLeaving, tracing } = options;
  const lag = watchLag(options.lag ?? eventLoopLag());
  const register = new Registry();
  const count = instruments(register);
  showZeros(count, options.carriers);
  const metrics = metricsObserver(count, isLeaving);
  readings(register, {
    agents: agents.all.map(serviceHostOf),
    live: metrics.live,
    *bots() {
      for (const agent of agents.all) {
        const pool = pools.of(agent);
        for (const { url } of pool.bots()) yield { agent: serviceHostOf(agent), isOut: pool.isOut(url) };
      }
    },
    passed: metrics.passed,
    sockets: () => live.size,
    maxSockets: config.limits.maxSockets,
    isLeaving,
    lag: () => lag.lag,
  });
  const scrape: Scrape = () => textOf(register);
  // The first organisation is whose gateway this is; the numbers are of all of them.
  const organizationOf = keyRing(config.organizations.slice(0, 1), 'private');
  return {
    observer: tracing ? observers([metrics, tracing.observer]) : metrics,
    measure: () => measure(register),
    scrape,
    metrics: config.metrics ? null : metricsEndpoint(options.scrape ?? scrape, organizationOf),
    lag,
    async close() {
      lag.close();
      await tracing?.close();
    },
  };
}
