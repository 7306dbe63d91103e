import { randomUUID } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { CompletionStatus, Session, SessionStore, Ticket } from '../../gateway/sessions/store.ts';
import { ending, session, TTL } from './session-samples.ts';

/** One of several processes around the same sessions. */
export interface StoreProcess {
  /** Of whoever is in its place now. */
  readonly store: SessionStore;
  /** It dies without a word and is replaced. Resolves when its live sessions have ended as GATEWAY_LOST. */
  crash(): Promise<void>;
}

/** Two processes or more, with room for four waiting sessions and as many ended ones as there are steps. */
export interface StoreProcesses {
  readonly processes: readonly [StoreProcess, StoreProcess, ...StoreProcess[]];
  /** Lets milliseconds pass. */
  readonly wait: (ms: number) => void | Promise<void>;
  readonly now: () => number;
  readonly close?: () => Promise<void>;
}

export interface ModelOptions {
  /** Random histories, and steps of each at most. */
  readonly runs: number;
  readonly steps: number;
  /** Milliseconds for all of them. */
  readonly timeout: number;
}

const MAX_PENDING = 4;
interface Capped {
  readonly agent: string;
  readonly max: number | null;
}

const agents: readonly [Capped, Capped] = [
  { agent: 'few', max: 3 },
  { agent: 'many', max: null },
];
const bots = ['ws://10.0.0.1/', 'ws://10.0.0.2/', 'ws://10.0.0.3/'] as const;
const statuses = ['WS_CONNECTION_CLOSED', 'BOT_LOST', 'STOPPED'] as const;

/** What the model knows of a session. */
interface Known {
  readonly session: Session;
  readonly ticket: Ticket | null;
  state: 'waiting' | 'live' | CompletionStatus;
  /** The process that relays it, or did. */
  process: StoreProcess;
  bot: string | null;
}

/** Two numbers choose among what there is. */
type Step = (a: number, b: number) => Promise<void>;

/** `make` is called for each history, and finds nothing of the one before. */
export function describeSessionModel(
  name: string,
  { runs, steps, timeout }: ModelOptions,
  make: () => StoreProcesses | Promise<StoreProcesses>,
): void {
  describe(`sessions of several processes: ${name}`, () => {
    test(
      'counts, refusals, lists and seats are those of a simple model, whoever dies',
      { timeout },
      async () => {
        const number = fc.nat(999);
        const step = fc.tuple(fc.constantFrom(...weighted), number, number);
        const history = fc.array(step, { maxLength: steps, size: 'max' });
        const property = fc.asyncProperty(history, async (taken) => {
          const made = await make();
          try {
            const model = sessionModel(made);
            for (const [kind, a, b] of taken) await model.steps[kind](a, b);
            for (const process of made.processes) await model.checkAll(process);
          } finally {
            await made.close?.();
          }
        });
        await fc.assert(property, { numRuns: runs });
      },
    );

    test('a stop reaches the process that relays the session, and no other', async () => {
      const made = await make();
      onTestFinished(() => made.close?.());
      const told: [number, string][] = [];
      const live = session();
      for (const [index, { store }] of made.processes.entries()) store.onStop((id) => told.push([index, id]));
      const [first, second] = made.processes;
      await second?.store.open(live, null);
      expect(await first?.store.stop(live.id)).toBe(true);
      expect(await second?.store.stop(live.id)).toBe(true);
      const twice = [1, live.id];
      await expect.poll(() => told).toEqual([twice, twice]);
    });
  });
}

type Kind =
  | 'count'
  | 'issue'
  | 'take'
  | 'giveBack'
  | 'open'
  | 'end'
  | 'seat'
  | 'unseat'
  | 'stop'
  | 'wait'
  | 'crash';

const weighted: Kind[] = [
  ...(['issue', 'issue', 'issue', 'take', 'take', 'take', 'giveBack', 'open', 'open'] as const),
  ...(['end', 'end', 'seat', 'seat', 'seat', 'unseat', 'stop', 'wait', 'crash', 'count', 'count'] as const),
];

function sessionModel({ processes, now, wait }: StoreProcesses): {
  readonly steps: Record<Kind, Step>;
  readonly checkAll: (by: StoreProcess) => Promise<void>;
} {
  const all: Known[] = [];
  const since = now();

  const isWaiting = ({ state, ticket }: Known): boolean =>
    state === 'waiting' && ticket !== null && ticket.expiresAt > now();
  const isLive = ({ state }: Known): boolean => state === 'live';
  const isOver = (known: Known): boolean => known.state !== 'waiting' && !isLive(known);
  const seatsAt = (bot: string): number => all.filter((one) => isLive(one) && one.bot === bot).length;

  function countOf(agent: string): { live: number; reserved: number } {
    const its = all.filter(({ session: { agent: name } }) => name === agent);
    return { live: its.filter(isLive).length, reserved: its.filter(isWaiting).length };
  }

  /** Adds a session where the model has room, and expects to be refused where it has not. */
  async function add(a: number, b: number, isReserved: boolean): Promise<void> {
    const { agent, max } = pick(agents, a);
    const process = pick(processes, b);
    const { live, reserved } = countOf(agent);
    const added = session({ agent, createdAt: since + all.length });
    const ticket = isReserved ? { key: randomUUID(), expiresAt: now() + TTL } : null;
    const done = ticket ? process.store.issue(added, ticket, max) : process.store.open(added, max);
    if (max !== null && live + reserved >= max) {
      return expect(done).rejects.toMatchObject({ code: 'ERR_AT_CAPACITY' });
    }
    if (isReserved && all.filter(isWaiting).length >= MAX_PENDING) {
      return expect(done).rejects.toMatchObject({ code: 'ERR_STORE_FULL' });
    }
    await done;
    all.push({ session: added, ticket, process, bot: null, state: isReserved ? 'waiting' : 'live' });
  }

  async function take(a: number, b: number): Promise<void> {
    const known = pick(
      all.filter(({ ticket }) => ticket),
      a,
    );
    if (!known?.ticket) return;
    const process = pick(processes, b);
    const isGood = isWaiting(known);
    expect(await process.store.take(known.ticket.key)).toEqual(isGood ? known.session : null);
    if (isGood) Object.assign(known, { state: 'live', process });
  }

  async function giveBack(a: number): Promise<void> {
    const known = pick(
      all.filter((one) => isLive(one) && one.ticket),
      a,
    );
    if (!known?.ticket) return;
    await known.process.store.giveBack(known.session, known.ticket);
    Object.assign(known, { state: 'waiting', bot: null });
  }

  /** Those that are over end again, which does nothing. */
  async function end(a: number, b: number): Promise<void> {
    const known = pick(
      all.filter((one) => isLive(one) || isOver(one)),
      a,
    );
    if (!known) return;
    const status = pick(statuses, b);
    await known.process.store.end(known.session, { ...ending, status });
    if (isLive(known)) known.state = status;
  }

  /** Who has a seat moves to one bot; others choose among some. */
  async function seat(a: number, b: number): Promise<void> {
    const known = pick(all.filter(isLive), a);
    if (!known) return;
    const first = b % bots.length;
    const offered = [...bots.slice(first), ...bots.slice(0, first)].slice(0, known.bot ? 1 : 1 + (a % 3));
    const max = pick([1, 2, null], a + b);
    const got = await known.process.store.seat(known.session, offered, max);
    known.bot = null; // what it had, it gives up, or gets again
    const best = offered.toSorted((one, other) => seatsAt(one) - seatsAt(other))[0] ?? '';
    expect(got).toBe(max === null || seatsAt(best) < max ? best : null);
    if (got === null) await known.process.store.unseat(known.session);
    known.bot = got;
  }

  async function unseat(a: number): Promise<void> {
    const known = pick(all.filter(isLive), a);
    await known?.process.store.unseat(known.session);
    if (known) known.bot = null;
  }

  async function stop(a: number, b: number): Promise<void> {
    const known = pick(all, a);
    if (known) expect(await pick(processes, b).store.stop(known.session.id)).toBe(isLive(known));
  }

  async function crash(a: number): Promise<void> {
    const process = pick(processes, a);
    await process.crash();
    for (const one of all) if (isLive(one) && one.process === process) one.state = 'GATEWAY_LOST';
  }

  async function count(a: number): Promise<void> {
    for (const { agent } of agents) {
      expect(await pick(processes, a).store.count('o', agent)).toEqual(countOf(agent));
    }
  }

  async function checkAll({ store }: StoreProcess): Promise<void> {
    for (const { agent } of agents) {
      expect(await store.count('o', agent)).toEqual(countOf(agent));
      const its = all.filter((one) => one.session.agent === agent && one.state !== 'waiting').toReversed();
      const query = { organization: 'o', agent, limit: all.length, offset: 0, status: null } as const;
      const { total, records } = await store.list({ ...query, from: null, until: null });
      expect(total).toBe(its.length);
      expect(records.map(({ id, ending: how }) => [id, how?.status ?? 'live'])).toEqual(
        its.map(({ session: { id }, state }) => [id, state]),
      );
      for (const { session: it, bot } of its) {
        if (bot !== null) expect(records.find(({ id }) => id === it.id)).toMatchObject({ bot });
      }
    }
    const probe = session({ agent: 'probe' });
    await store.open(probe, null);
    for (const bot of bots) {
      expect(await store.seat(probe, [bot], seatsAt(bot))).toBeNull();
      expect(await store.seat(probe, [bot], seatsAt(bot) + 1)).toBe(bot);
      await store.unseat(probe);
    }
    await store.end(probe, ending);
  }

  const steps: Record<Kind, Step> = {
    count,
    issue: (a, b) => add(a, b, true),
    open: (a, b) => add(a, b, false),
    take,
    giveBack,
    end,
    seat,
    unseat,
    stop,
    wait: async (a) => wait(a * 7),
    crash,
  };
  return { steps, checkAll };
}

function pick<T>(list: readonly [T, ...T[]], number: number): T;
function pick<T>(list: readonly T[], number: number): T | undefined;
function pick<T>(list: readonly T[], number: number): T | undefined {
  return list[number % list.length];
}
