import type { Session, SessionStore } from '../store.ts';
import type { CensusOptions, IsTwice } from './census.ts';
import { keys } from './keys.ts';
import type { RedisLink } from './link.ts';
import { recordOf, RECORD_TTL, seatOf, type Held } from './moves.ts';
import type { Presence } from './presence.ts';

/** Times a seat is sought once more when others took it while we looked. */
const ATTEMPTS = 3;

/** Seats at bots, in Redis: a set of sessions for each bot. Whoever is one too many in it leaves again. */
export function redisSeats(
  link: RedisLink,
  { replica, held, bots: known }: Presence,
): Pick<SessionStore, 'seat' | 'unseat'> {
  /** Fewest sessions first; as they came where equally many. */
  async function byLoad(bots: readonly string[], maxSessions: number): Promise<string[]> {
    const loads = await link.together((batch) => {
      for (const bot of bots) batch.sCard(keys.seats(bot));
    });
    return bots
      .map((bot, index) => ({ bot, load: Number(loads[index]) }))
      .filter(({ load }) => load < maxSessions)
      .toSorted((one, other) => one.load - other.load)
      .map(({ bot }) => bot);
  }

  /** Takes a seat, and leaves it again where that is one too many. */
  async function claim(mine: Held, bot: string, maxSessions: number): Promise<boolean> {
    const seat = seatOf(replica, mine.session.id);
    const [, load] = await link.together((batch) => {
      batch.sAdd(keys.seats(bot), seat).sCard(keys.seats(bot));
    });
    if (Number(load) <= maxSessions) {
      mine.bot = bot;
      await write(mine);
      return true;
    }
    await link.run((client) => client.sRem(keys.seats(bot), seat));
    return false;
  }

  /** Where it sits is a fact for others: the session API's proxy goes there. */
  async function write(mine: Held): Promise<void> {
    const expiration = { type: 'PX', value: RECORD_TTL } as const;
    const record = JSON.stringify(recordOf(mine));
    await link.run((client) => client.set(keys.session(mine.session.id), record, { expiration }));
  }

  async function giveUp(mine: Held): Promise<void> {
    const { bot, session } = mine;
    mine.bot = null;
    if (bot !== null) await link.run((client) => client.sRem(keys.seats(bot), seatOf(replica, session.id)));
  }

  return {
    async seat({ id }: Session, bots, maxSessions) {
      const mine = held.get(id);
      if (!mine) return null;
      for (const bot of bots) known.add(bot);
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

/** Seats of sessions that are not there, or not ours any more: of this replica, and of those that are gone. */
export async function sweepSeats(
  link: RedisLink,
  { replica, held, bots }: Pick<CensusOptions, 'replica' | 'held' | 'bots'>,
  replicas: ReadonlySet<string>,
  isTwice: IsTwice,
): Promise<void> {
  for (const bot of bots) {
    const seats = await link.run((client) => client.sMembers(keys.seats(bot)));
    const empty = seats.filter((seat) => {
      const [of = '', id = ''] = seat.split('/');
      const isTaken = of === replica ? held.get(id)?.bot === bot : replicas.has(of);
      return !isTaken && isTwice(`${bot} ${seat}`);
    });
    if (empty.length > 0) await link.run((client) => client.sRem(keys.seats(bot), empty));
    const lost = [...held.values()].filter(
      (mine) => mine.bot === bot && !seats.includes(seatOf(replica, mine.session.id)),
    );
    const back = lost.filter(({ session }) => isTwice(`-${bot} ${session.id}`));
    if (back.length > 0) {
      await link.run((client) =>
        client.sAdd(
          keys.seats(bot),
          back.map(({ session }) => seatOf(replica, session.id)),
        ),
      );
    }
  }
}
