import type { Agent } from '../agents.ts';
import { loggedError, type Log } from '../log.ts';
import { loggedBot, staticBot, type Bot } from './bots.ts';
import { discovery, systemLookup, type Discovery, type Lookup } from './discovery.ts';
import { healthChecks } from './health-checks.ts';
import { outages, type Outages } from './outages.ts';

/** The bots of one agent, and what this process knows of them. */
export interface BotPool extends Pick<Outages, 'isOut' | 'answered' | 'failed'> {
  readonly bots: () => readonly Bot[];
  /** False where one bot takes every call: nothing is to be asked of the session store then. */
  readonly hasSeats: boolean;
}

export interface BotPools {
  readonly of: (agent: Agent) => BotPool;
  /** Resolves when the bots behind names are known, or could not be found in time. */
  readonly start: () => Promise<void>;
  /** Nothing of it goes on after this. */
  readonly stop: () => void;
}

export interface BotPoolsOptions {
  readonly agents: readonly Agent[];
  readonly log: Log;
  /** Milliseconds on a clock that is never set. */
  readonly now?: () => number;
  readonly lookup?: Lookup;
}

interface RunningPool extends BotPool {
  readonly start: () => Promise<void>;
  readonly stop: () => void;
}

export function botPools({ agents, log, ...tools }: BotPoolsOptions): BotPools {
  const { now = () => performance.now(), lookup = systemLookup } = tools;
  const pools = new Map(agents.map((agent) => [agent, poolOf(agent, { log, now, lookup })]));
  return {
    of(agent) {
      const pool = pools.get(agent);
      if (pool) return pool;
      throw new TypeError('every agent has a pool');
    },
    async start() {
      await Promise.all([...pools.values()].map((pool) => pool.start()));
    },
    stop() {
      for (const pool of pools.values()) pool.stop();
    },
  };
}

type Tools = Required<Omit<BotPoolsOptions, 'agents'>>;

function poolOf(agent: Agent, { log, now, lookup }: Tools): RunningPool {
  const { maxSessions, health, healthInterval } = agent.pool;
  const facts = { agent: agent.name, organization: agent.organization };
  const known = outages({
    now,
    tell(url, failure) {
      const bot = loggedBot(url);
      if (failure) log.warn({ ...facts, bot, ...loggedError(failure) }, 'bot out');
      else log.info({ ...facts, bot }, 'bot in again');
    },
  });
  const isDiscovered = agent.pool.discovery === 'dns';
  const found = isDiscovered ? discovered(agent, known, facts, { log, lookup }) : listed(agent);
  const checks =
    health === null
      ? null
      : healthChecks({ path: health, interval: healthInterval, bots: found.bots, checked: known.checked });
  return {
    ...known,
    bots: found.bots,
    hasSeats: isDiscovered || maxSessions !== null || agent.bots.length > 1,
    async start() {
      await found.start();
      checks?.start();
    },
    stop() {
      found.stop();
      checks?.stop();
    },
  };
}

function listed({ bots: urls }: Agent): Discovery {
  const bots = [...new Set(urls)].map(staticBot);
  return { bots: () => bots, start: async () => {}, stop: () => {} };
}

function discovered(
  { bots: urls }: Agent,
  known: Outages,
  facts: object,
  { log, lookup }: Pick<Tools, 'log' | 'lookup'>,
): Discovery {
  return discovery({
    urls,
    lookup,
    changed(bots, count) {
      known.keep(new Set(bots.map(({ url }) => url)));
      log.info({ ...facts, bots: bots.length, found: count }, 'bots discovered');
    },
    failed: (host, failure) =>
      log.warn({ ...facts, host, ...loggedError(failure) }, 'bots cannot be looked up'),
  });
}
