import { z } from 'zod';
import type { Session, SessionStore } from '../store.ts';
import { chunks } from './chunks.ts';
import type { CensusOptions, IsTwice } from './census.ts';
import { keys } from './keys.ts';
import type { RedisLink } from './link.ts';
import { addSeat, recordOf, RECORD_TTL, seatOf, type Held } from './moves.ts';
import type { Presence } from './presence.ts';

/** Bots whose seats are compared at one look: the others at the next. */
const MAX_SWEPT = 50;
/** Times a seat is sought once more when others took it while we looked. */
const ATTEMPTS = 3;

/** Seats at bots, in Redis: a set of sessions for each bot. Whoever is one too many in it leaves again. */
export function redisSeats(
  link: RedisLink,
  { replica, held, touched }: Presence,
): Pick<SessionStore, 'seat' | 'unseat'> {
  /** Fewest sessions first; as they came where equally many. */
  async function byLoad(bots: readonly string[], maxSessions: number): Promise<string[]> {
    const loads = await link.together((batch) => {
      for (const bot of bots) batch.sCard(keys.seats(bot));
    });
    const known = bots.map((bot, index) => ({ bot, load: Number(loads[index]) }));
    for (const { bot, load } of known) if (load >= maxSessions && touched.size < MAX_SWEPT) touched.add(bot);
    return known
      .filter(({ load }) => load < maxSessions)
      .toSorted((one, other) => one.load - other.load)
      .map(({ bot }) => bot);
  }

  /** Takes a seat, and leaves it again where that is one too many. */
  async function claim(mine: Held, bot: string, maxSessions: number): Promise<boolean> {
    const seat = seatOf(replica, mine.session.id);
    touched.add(bot);
    const answers = await link.together((batch) => {
      addSeat(batch, replica, mine.session.id, bot);
      batch.sCard(keys.seats(bot));
    });
    const isMine = Number(answers.at(-1)) <= maxSessions;
    if (isMine) mine.bot = bot;
    await (isMine ? write(mine) : link.run((client) => client.sRem(keys.seats(bot), seat)));
    return isMine;
  }

  /** Where it sits is a fact for others: the session API's proxy goes there. */
  async function write(mine: Held): Promise<void> {
    const expiration = { type: 'PX', value: RECORD_TTL } as const;
    const record = JSON.stringify(recordOf(mine));
    await link.run((client) => client.set(keys.session(mine.session.id), record, { expiration }));
  }

  async function giveUp(mine: Held): Promise<void> {
    const { bot, session } = mine;
    if (bot === null) return;
    mine.bot = null;
    touched.add(bot);
    await link.run((client) => client.sRem(keys.seats(bot), seatOf(replica, session.id)));
  }

  return {
    async seat({ id }: Session, bots, maxSessions) {
      const mine = held.get(id);
      if (!mine) return null;
      await giveUp(mine);
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        const free = await byLoad(bots, maxSessions ?? Infinity);
        if (free.length === 0) return null;
        for (const bot of free) {
          if (await claim(mine, bot, maxSessions ?? Infinity)) return bot;
        }
      }
      return null;
    },
    async unseat({ id }) {
      const mine = held.get(id);
      if (mine) await giveUp(mine);
    },
  };
}

/**
 * Seats of sessions that are not there, or not ours any more: of this replica, and of those that are long gone. Only bots
 * where something changed are looked at: their number is that of calls, not that of bots times replicas.
 */
export async function sweepSeats(
  link: RedisLink,
  { replica, held, touched }: Pick<CensusOptions, 'replica' | 'held' | 'touched'>,
  replicas: ReadonlySet<string>,
  isTwice: IsTwice,
): Promise<void> {
  for (const bot of [...touched].slice(0, MAX_SWEPT)) {
    touched.delete(bot);
    const seats = await link
      .run((client) => client.sMembers(keys.seats(bot)))
      .catch((error: unknown) => {
        touched.add(bot);
        throw error;
      });
    const wrong = seats.filter((seat) => {
      const [of = '', id = ''] = seat.split('/');
      return of === replica ? held.get(id)?.bot !== bot : !replicas.has(of);
    });
    const empty = wrong.filter((seat) => isTwice(`${bot} ${seat}`));
    if (wrong.length > 0) touched.add(bot); // once more, until nothing is wrong
    const isLeft = !touched.has(bot) && !seats.some((seat) => seat.startsWith(seatOf(replica, '')));
    if (isLeft) await link.run((client) => client.sRem(keys.bots(replica), bot));
    if (empty.length > 0) await link.run((client) => client.sRem(keys.seats(bot), empty));
  }
}

/** A replica is dead: nobody sits where it did. */
export async function emptySeats(link: RedisLink, dead: string): Promise<void> {
  const bots = await link.run((client) => client.sMembers(keys.bots(dead)));
  for (const some of chunks(bots)) {
    const answers = await link.together((batch) => {
      for (const bot of some) batch.sMembers(keys.seats(bot));
    });
    await link.together((batch) => {
      for (const [index, bot] of some.entries()) {
        const seats = z.array(z.string()).parse(answers[index]);
        for (const seat of seats) if (seat.startsWith(seatOf(dead, ''))) batch.sRem(keys.seats(bot), seat);
      }
      batch.sRem(keys.bots(dead), [...some]);
    });
  }
}
