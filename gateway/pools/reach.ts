import { GatewayError } from '../../shared/errors.ts';
import type { Admission } from '../admission.ts';
import { botTarget, type BotRequestOptions } from '../bot-request.ts';
import { dialBot, type Dialled } from '../dial.ts';
import { subprotocolsOf } from '../handshake.ts';
import { DIAL_PATIENCE, MAX_WAITING_BYTES, WAIT_STEP, type Limits } from '../limits.ts';
import type { SessionStore } from '../sessions/store.ts';
import type { Leaving, Upgrade } from '../upgrade.ts';
import type { Bot } from './bots.ts';
import type { BotPool, BotPools } from './pools.ts';

/** A bot that took a call. */
export interface Reached extends Dialled {
  readonly bot: Bot;
}

export interface ReachOptions extends BotRequestOptions {
  readonly sessions: SessionStore;
  readonly pools: BotPools;
  readonly limits: Pick<Limits, 'dialTimeout'>;
}

/** What one call has tried. */
interface Search {
  readonly pool: BotPool;
  readonly upgrade: Upgrade;
  readonly admission: Admission;
  readonly leaving: Leaving;
  readonly options: ReachOptions;
  /** When it began; `performance.now()`. */
  readonly since: number;
  /** Why the last bot did not answer; null where all of them were full. */
  failure: Error | null;
}

/**
 * Connects a session to one of its agent's bots: the one with the fewest sessions that answers. Waits for one, where
 * the agent is configured to. Rejects with ERR_BOT_UNREACHABLE, also when the caller leaves; or with
 * ERR_STORE_UNAVAILABLE.
 */
export async function reachBot(
  upgrade: Upgrade,
  admission: Admission,
  leaving: Leaving,
  options: ReachOptions,
): Promise<Reached> {
  const pool = options.pools.of(admission.agent);
  const since = performance.now();
  const search: Search = { pool, upgrade, admission, leaving, options, since, failure: null };
  const end = since + admission.agent.pool.wait;
  for (;;) {
    const isLast = performance.now() > end - 1; // a timer may be a little early
    const reached = await tryEach(search, isLast);
    if (reached) return reached;
    if (isLast || leaving.hasLeft) throw unreachable(search);
    await pause(Math.min(WAIT_STEP, Math.ceil(end - performance.now())), search);
  }
}

/** Tries each bot once, at most. `isLast`: the call is lost after this, so that even bots that are out are worth it. */
async function tryEach(search: Search, isLast: boolean): Promise<Reached | null> {
  const { pool, upgrade, admission, leaving, options, since } = search;
  const { session } = admission;
  const tried = new Set<string>();
  while (!leaving.hasLeft && performance.now() - since < admission.agent.pool.wait + DIAL_PATIENCE) {
    const bot = await seatOf(search, tried, isLast);
    if (bot === null) return null;
    if (leaving.hasLeft) break;
    tried.add(bot.url);
    options.visit.dialling(bot.url);
    try {
      const target = botTarget(bot, session, options);
      const subprotocols = subprotocolsOf(upgrade.request);
      const dialled = await dialBot({ target, subprotocols, leaving }, options.limits);
      options.visit.dialled('answered');
      pool.answered(bot.url);
      return { ...dialled, bot };
    } catch (error) {
      options.visit.dialled(leaving.hasLeft ? 'caller_left' : 'unreachable');
      if (leaving.hasLeft) break;
      search.failure = error instanceof Error ? error : new Error(String(error));
      pool.failed(bot.url, search.failure);
      if (pool.hasSeats) await options.sessions.unseat(session);
    }
  }
  return null;
}

/** A seat at a bot that is in; at one that is out where there is none that is in, or no other time. Null: all full. */
async function seatOf(
  { pool, admission, options }: Search,
  tried: ReadonlySet<string>,
  isLast: boolean,
): Promise<Bot | null> {
  const left = pool.bots().filter(({ url }) => !tried.has(url));
  const [ins, outs] = [left.filter(({ url }) => !pool.isOut(url)), left.filter(({ url }) => pool.isOut(url))];
  const orders = ins.length > 0 && !isLast ? [ins] : [ins, outs];
  for (const bots of orders) {
    if (!pool.hasSeats && bots[0]) return bots[0];
    if (bots.length === 0) continue;
    const urls = bots.map(({ url }) => url);
    const url = await options.sessions.seat(admission.session, urls, admission.agent.pool.maxSessions);
    const bot = bots.find((candidate) => candidate.url === url);
    if (bot) return bot;
  }
  return null;
}

function unreachable({ failure, pool, leaving }: Search): GatewayError {
  const isFull = failure === null && pool.bots().length > 0 && !leaving.hasLeft;
  const sentence = isFull
    ? 'every bot is full: add bots, raise pool.max_sessions, or let calls wait with pool.wait'
    : 'no bot answered: check that it listens at its configured URL';
  const cause = leaving.hasLeft ? new Error('the caller left') : failure;
  return new GatewayError('ERR_BOT_UNREACHABLE', sentence, { cause });
}

/** Resolves after `ms`, or at once when the caller leaves. */
function pause(ms: number, { leaving, upgrade: { caller } }: Search): Promise<void> {
  // A caller whose early words fill its buffer is read no further, and then its leaving is not noticed either.
  if (caller.isHeld && caller.filled < MAX_WAITING_BYTES) caller.resume();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      leaving.onLeft = null;
      resolve();
    };
    const timer = setTimeout(done, ms);
    leaving.onLeft = done;
  });
}
