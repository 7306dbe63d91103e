import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { DialResult, Passed, RequestResult } from './observer.ts';
import { ownVersion } from './version.ts';

/** What is read when somebody scrapes. */
export interface MetricsSources {
  /** Service hosts of all agents: each is shown from the beginning, with 0. */
  readonly agents: readonly string[];
  /** Live sessions by service host. */
  readonly live: () => Iterable<string>;
  /** Every bot of every agent. */
  readonly bots: () => Iterable<{ readonly agent: string; readonly isOut: boolean }>;
  /** What was relayed since the start, by calls that are over and by those that are not. */
  readonly passed: () => Passed;
  readonly sockets: () => number;
  readonly maxSockets: number;
  readonly isLeaving: () => boolean;
  /** 99th percentile of the event loop's lag, milliseconds. */
  readonly lag: () => number;
}

/** Seconds. From a bot in the same machine to `dial_timeout`. */
const DIAL_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
/** Seconds. Callers call silence of over a second a fault, and hang up after some. */
const SPEECH_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30];
/** Seconds. From memory, through another process, to a Redis that does not answer. */
const STORE_BUCKETS = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5,
];

/** What is counted when it happens. */
export interface Instruments {
  readonly starts: Counter<'via' | 'agent' | 'result'>;
  readonly webhooks: Counter<'provider' | 'result'>;
  readonly callbacks: Counter<'provider' | 'event' | 'result'>;
  readonly routed: Counter<'route' | 'agent'>;
  readonly upgrades: Counter<'endpoint' | 'result'>;
  readonly dials: Histogram<'result'>;
  readonly firstMessages: Histogram<'endpoint'>;
  readonly endings: Counter<'agent' | 'status' | 'ended_by'>;
  readonly drained: Counter<'result'>;
  readonly store: Histogram<'operation' | 'result'>;
}

/** docs/observability.md says what each of them means. */
export function instruments(register: Registry): Instruments {
  const registers = [register];
  return {
    starts: new Counter({
      name: 'hookswitch_starts_total',
      help: 'Requests for a session, by who asked (webhook, start, page), agent and result.',
      labelNames: ['via', 'agent', 'result'],
      registers,
    }),
    ...ofCarriers(registers),
    upgrades: new Counter({
      name: 'hookswitch_upgrades_total',
      help: 'WebSocket upgrade requests, by endpoint and result.',
      labelNames: ['endpoint', 'result'],
      registers,
    }),
    dials: new Histogram({
      name: 'hookswitch_dial_duration_seconds',
      help: 'One attempt to reach one bot, by how it went.',
      labelNames: ['result'],
      buckets: DIAL_BUCKETS,
      registers,
    }),
    firstMessages: new Histogram({
      name: 'hookswitch_first_bot_message_seconds',
      help: "From the upgrade request until the bot's first message was passed on.",
      labelNames: ['endpoint'],
      buckets: SPEECH_BUCKETS,
      registers,
    }),
    endings: new Counter({
      name: 'hookswitch_calls_ended_total',
      help: 'Sessions that were opened and have ended, by agent, how, and by whom.',
      labelNames: ['agent', 'status', 'ended_by'],
      registers,
    }),
    drained: new Counter({
      name: 'hookswitch_drained_calls_total',
      help: 'Calls that ended while this process was draining: by themselves, or cut at the end of drain_timeout.',
      labelNames: ['result'],
      registers,
    }),
    store: new Histogram({
      name: 'hookswitch_store_operation_duration_seconds',
      help: 'Operations of the session store, by result: ok, or an error.',
      labelNames: ['operation', 'result'],
      buckets: STORE_BUCKETS,
      registers,
    }),
  };
}

/** What comes over HTTP from carriers. */
function ofCarriers(registers: Registry[]): Pick<Instruments, 'webhooks' | 'callbacks' | 'routed'> {
  return {
    webhooks: new Counter({
      name: 'hookswitch_webhooks_total',
      help: 'Voice webhooks, by carrier and result.',
      labelNames: ['provider', 'result'],
      registers,
    }),
    callbacks: new Counter({
      name: 'hookswitch_callbacks_total',
      help: 'Status and stream callbacks, by carrier, event and what became of it.',
      labelNames: ['provider', 'event', 'result'],
      registers,
    }),
    routed: new Counter({
      name: 'hookswitch_calls_routed_total',
      help: 'Calls that webhooks gave to agents, by the row of the routing table and agent.',
      labelNames: ['route', 'agent'],
      registers,
    }),
  };
}

/** What an alert waits for is shown before it happens: the first time would not be seen as a rise. */
export function showZeros(count: Instruments, carriers: readonly string[]): void {
  const { webhooks, callbacks, dials, drained } = count;
  const results: RequestResult[] = ['started', 'declined', 'repeated', 'forbidden', 'malformed'];
  for (const provider of carriers) {
    for (const result of results) webhooks.inc({ provider, result }, 0);
    callbacks.inc({ provider, event: 'stream-error', result: 'kept' }, 0);
    callbacks.inc({ provider, event: 'none', result: 'forbidden' }, 0);
  }
  const ways: DialResult[] = ['answered', 'unreachable', 'caller_left'];
  for (const result of ways) dials.zero({ result });
  for (const result of ['finished', 'cut']) drained.inc({ result }, 0);
}

/** Nothing on the way of a message: what has passed is read from the relays when somebody asks. */
export function readings(register: Registry, sources: MetricsSources): void {
  const registers = [register];
  const gauge = (name: string, help: string, read: () => number, aggregator: 'sum' | 'max' = 'sum'): void => {
    const one: Gauge = new Gauge({ name, help, aggregator, registers, collect: () => one.set(read()) });
  };
  gauge('hookswitch_workers', 'Processes that these numbers are the sum of.', () => 1);
  gauge('hookswitch_sockets', 'Sockets open or being opened.', sources.sockets);
  gauge('hookswitch_max_sockets', 'Sockets that may be open at once.', () => sources.maxSockets);
  gauge('hookswitch_draining', 'Processes that take no more calls.', () => Number(sources.isLeaving()));
  gauge(
    'hookswitch_event_loop_lag_p99_seconds',
    'How late the event loop was in the last second, 99th percentile; of several workers, the latest.',
    () => sources.lag() / 1000,
    'max',
  );
  const live = new Gauge({
    name: 'hookswitch_live_sessions',
    help: 'Sessions whose sockets are open, by agent.',
    labelNames: ['agent'],
    registers,
    collect() {
      live.reset();
      for (const agent of sources.agents) live.set({ agent }, 0);
      for (const agent of sources.live()) live.inc({ agent });
    },
  });
  const bots = new Gauge({
    name: 'hookswitch_bots',
    help: 'Bots by agent and state: in, or out because they did not answer; of several workers, as one of them sees it.',
    labelNames: ['agent', 'state'],
    aggregator: 'max',
    registers,
    collect() {
      bots.reset();
      for (const agent of sources.agents) for (const state of ['in', 'out']) bots.set({ agent, state }, 0);
      for (const { agent, isOut } of sources.bots()) bots.inc({ agent, state: isOut ? 'out' : 'in' });
    },
  });
  passedOn(registers, sources);
  const build = new Gauge({
    name: 'hookswitch_build_info',
    help: 'The release that runs here. Always 1.',
    labelNames: ['version', 'node'],
    aggregator: 'first',
    registers,
  });
  build.set({ version: ownVersion(), node: process.versions.node }, 1);
}

function passedOn(registers: Registry[], sources: MetricsSources): void {
  for (const unit of ['bytes', 'messages'] as const) {
    const relayed = new Counter({
      name: `hookswitch_relay_${unit}_total`,
      help: `${unit === 'bytes' ? 'Payload bytes' : 'Messages'} passed on, by direction.`,
      labelNames: ['direction'],
      registers,
      collect() {
        const { caller, bot } = sources.passed();
        relayed.reset();
        relayed.inc({ direction: 'caller_to_bot' }, caller[unit]);
        relayed.inc({ direction: 'bot_to_caller' }, bot[unit]);
      },
    });
  }
}
