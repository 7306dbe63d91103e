import { randomUUID } from 'node:crypto';
import { loggedError, type Log } from '../../log.ts';
import type { Ending, SessionRecord } from '../store.ts';
import { census, type Debt } from './census.ts';
import { keys } from './keys.ts';
import type { RedisLink } from './link.ts';
import type { Held } from './moves.ts';
import { readRecord } from './records.ts';

/** Milliseconds between two signs of life of a replica, and between two looks at the others'. */
export const BEAT = 5000;
/** Milliseconds after a new connection until the second look: what was under way is over by then. */
const SECOND_LOOK = 500;
/** Ends of sessions kept for a Redis that is not there. The oldest are given up; then others notice that they are gone. */
const MAX_OWED = 10_000;

/** This replica among the others: what it holds is counted while it lives, and no longer. */
export interface Presence {
  /** Our name, made anew for each process. */
  readonly replica: string;
  /** Our live sessions, by id. */
  readonly held: Map<string, Held>;
  /** Bots whose seats may be wrong: somebody came or went there, or found it full. */
  readonly touched: Set<string>;
  /** A session of ours ended; until it is `paid`, that is told to Redis again and again. */
  owe(record: SessionRecord, ending: Ending): void;
  paid(id: string): void;
  /** As SessionStore.stop. */
  stop(id: string): Promise<boolean>;
  /** As SessionStore.onStop. */
  onStop(listener: (id: string) => void): void;
  /** Connected: says at once what we hold. */
  up(): void;
  /** Some replica wants that session stopped, wherever it is. */
  stopped(id: string): void;
  /** No sign of life any more. */
  leave(): Promise<void>;
}

export interface PresenceOptions {
  readonly link: () => RedisLink;
  readonly log: Log;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Milliseconds; BEAT when not given. */
  readonly beat?: number;
}

export function presence(options: PresenceOptions): Presence {
  const { link, log, beat = BEAT } = options;
  const replica = randomUUID();
  const held = new Map<string, Held>();
  const touched = new Set<string>();
  const owed = new Map<string, Debt>();
  const counting = census({ ...options, replica, held, touched, owed, beat });
  let listener: ((id: string) => void) | null = null;
  let isSilent = false;
  let looking: Promise<void> | null = null;

  async function beatOnce(): Promise<void> {
    try {
      await counting.sign();
      isSilent = false;
      await (looking ??= counting.look().finally(() => (looking = null))); // Redis is slow: one look at a time
    } catch (error) {
      counting.forgetSuspects();
      if (!isSilent) log.warn(loggedError(error), 'Redis gets no sign of life from here');
      isSilent = true;
    }
  }

  const timer = setInterval(() => void beatOnce(), beat);
  let second: NodeJS.Timeout | undefined;
  return {
    replica,
    held,
    touched,
    owe(record, ending) {
      owed.set(record.id, { record, ending });
      const [oldest] = owed.keys();
      if (owed.size > MAX_OWED && oldest !== undefined) owed.delete(oldest);
    },
    paid: (id) => void owed.delete(id),
    async stop(id) {
      if (!held.has(id)) return askAll(link(), id);
      listener?.(id);
      return true;
    },
    onStop(told) {
      listener = told;
    },
    up() {
      counting.forgetSuspects();
      void beatOnce();
      clearTimeout(second);
      second = setTimeout(() => void beatOnce(), SECOND_LOOK);
    },
    stopped(id) {
      if (held.has(id)) listener?.(id);
    },
    async leave() {
      clearInterval(timer);
      clearTimeout(second);
      await counting.leave().catch(() => {}); // the others notice
    },
  };
}

/** Whoever relays it is told; false when nobody does. */
async function askAll(link: RedisLink, id: string): Promise<boolean> {
  const text = await link.run((client) => client.get(keys.session(id)));
  if (text === null || readRecord(text).ending !== null) return false;
  await link.run((client) => client.publish(keys.stop, id));
  return true;
}
