import type { Log } from '../../log.ts';
import type { Ending, SessionRecord } from '../store.ts';
import { chunks } from './chunks.ts';
import { keys } from './keys.ts';
import type { RedisLink } from './link.ts';
import { addEnded, addLive, RECORD_TTL, removeEnded, removeLive, type Held } from './moves.ts';
import { readRecord } from './records.ts';
import { emptySeats, sweepSeats } from './seats.ts';

/** Beats without a sign of life after which a replica is dead: two may get lost. It is buried at the second look. */
export const LEASE_BEATS = 3;

/** A session that ended, and Redis was not told yet. */
export interface Debt {
  readonly record: SessionRecord;
  readonly ending: Ending;
}

export interface CensusOptions {
  readonly link: () => RedisLink;
  readonly log: Log;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Milliseconds between two looks. */
  readonly beat: number;
  readonly replica: string;
  readonly held: ReadonlyMap<string, Held>;
  /** Bots whose seats may be wrong. */
  readonly touched: Set<string>;
  readonly owed: Map<string, Debt>;
}

/** True when a thing was seen at the look before as well, and in one connection: so it is not just under way. */
export type IsTwice = (thing: string) => boolean;

/**
 * On each beat a replica says that it lives, then compares what Redis counts for it with what it holds, and buries
 * replicas that are dead. What differs twice in a row is put right: so neither a lost answer, a crash, a failover nor an emptied
 * Redis leaves a wrong count behind.
 */
export interface Census {
  /** Says that we live. Apart from the looks: a long one is no death. */
  sign(): Promise<void>;
  look(): Promise<void>;
  forgetSuspects(): void;
  /** Takes our name off. */
  leave(): Promise<void>;
}

export function census(options: CensusOptions): Census {
  const { link, beat, replica } = options;
  let suspects = new Set<string>();

  return {
    async sign() {
      await link().together((batch) => {
        batch
          .set(keys.alive(replica), '', { expiration: { type: 'PX', value: LEASE_BEATS * beat } })
          .sAdd(keys.replicas, replica);
      });
    },
    async look() {
      const [ours, others] = await link().together((batch) => {
        batch.hGetAll(keys.replica(replica)).sMembers(keys.replicas);
      });
      const before = suspects;
      suspects = new Set();
      const isTwice: IsTwice = (thing) => {
        suspects.add(thing);
        return before.has(thing);
      };
      await payDebts(options);
      await compare(hostsOf(ours), isTwice, options);
      const known = Array.isArray(others) ? others.map(String) : [];
      await bury(
        known.filter((name) => name !== replica),
        isTwice,
        options,
      );
      await sweepSeats(link(), options, new Set(known), isTwice);
    },
    forgetSuspects: () => suspects.clear(),
    async leave() {
      await payDebts(options);
      await link().together((batch) => {
        batch.sRem(keys.replicas, replica);
        for (const name of [keys.alive, keys.replica, keys.bots]) batch.del(name(replica));
      });
    },
  };
}

/** What we hold and Redis does not know, and the other way round. What will soon be forgotten is written again. */
async function compare(counted: Hosts, isTwice: IsTwice, options: CensusOptions): Promise<void> {
  const { link, replica, held, now, log } = options;
  const old = now() - RECORD_TTL / 2;
  const missing = [...held.values()].filter(
    ({ session: { id }, writtenAt }) => writtenAt < old || (!counted.has(id) && isTwice(`-${id}`)),
  );
  for (const some of chunks(missing)) {
    await link().together((batch) => {
      for (const mine of some) {
        removeEnded(batch, mine);
        addLive(batch, replica, mine);
        mine.writtenAt = now();
      }
    });
  }
  const strays = [...counted].filter(([id]) => !held.has(id) && isTwice(`+${id}`));
  await forget(replica, strays, options);
  if (missing.length + strays.length === 0) return;
  log.info({ written: missing.length, removed: strays.length }, 'sessions in Redis were put right');
}

async function bury(others: readonly string[], isTwice: IsTwice, options: CensusOptions): Promise<void> {
  const { link, log, beat } = options;
  if (others.length === 0) return;
  const expiration = { type: 'PX', value: LEASE_BEATS * beat } as const;
  const signs = await link().run((client) => client.mGet(others.map(keys.alive)));
  for (const dead of others.filter((name, index) => signs[index] === null && isTwice(name))) {
    const isOurs = await link().run((client) =>
      client.set(keys.burial(dead), '', { expiration, condition: 'NX' }),
    );
    if (isOurs === null) continue; // who does it may die too: then it is another's turn
    const lost = hostsOf(await link().run((client) => client.hGetAll(keys.replica(dead))));
    await forget(dead, [...lost], options);
    await emptySeats(link(), dead);
    await link().run((client) => client.sRem(keys.replicas, dead));
    log.warn({ replica: dead, calls: lost.size }, 'a replica is gone: its places are free');
  }
}

/** Sessions that a replica is said to have, and has not. */
async function forget(
  replica: string,
  lost: readonly (readonly [id: string, host: string])[],
  { link, now }: CensusOptions,
): Promise<void> {
  const ending = { status: 'GATEWAY_LOST', endedBy: 'gateway', code: 1006, reason: '', at: now() } as const;
  for (const some of chunks(lost)) {
    const texts = await link().run((client) => client.mGet(some.map(([id]) => keys.session(id))));
    await link().together((batch) => {
      for (const [index, [id, host]] of some.entries()) {
        batch.hDel(keys.replica(replica), id).zRem(keys.live(host), id);
        const record = texts[index] ? readRecord(texts[index]) : null;
        if (record?.ending !== null) continue;
        removeLive(batch, replica, record);
        addEnded(batch, record, ending);
      }
    });
  }
}

async function payDebts({ link, owed, replica }: CensusOptions): Promise<void> {
  for (const some of chunks([...owed.values()])) {
    await link().together((batch) => {
      for (const { record, ending } of some) {
        removeLive(batch, replica, record);
        addEnded(batch, record, ending);
      }
    });
    for (const { record } of some) owed.delete(record.id);
  }
}

/** Service hosts by session id. */
type Hosts = ReadonlyMap<string, string>;

function hostsOf(value: unknown): Hosts {
  return new Map(Object.entries(value ?? {}).map(([id, host]) => [id, String(host)]));
}
