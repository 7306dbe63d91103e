import { TOKEN_TTL } from '../../../shared/start.ts';
import { CLOCK_SKEW } from '../../limits.ts';
import { atCapacity, storeFull } from '../ledger.ts';
import type { Session, SessionCount } from '../store.ts';
import { hostOf, keys } from './keys.ts';
import type { Batch, RedisLink } from './link.ts';

/** Milliseconds an agent that was full is asked for room first, before a place is taken and given back. */
const FULL_MEMORY = 1000;

export interface PlacesOptions {
  readonly link: RedisLink;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly maxPending: number;
}

/** How many sessions an agent has, and whether one more may come. */
export interface Places {
  readonly count: (host: string) => Promise<SessionCount>;
  /**
   * Takes a place and counts then, in one step: of those who come for the last one, the first gets it. Whoever got none
   * gives it back, and is refused with ERR_AT_CAPACITY or ERR_STORE_FULL. Resolves with false for one who was turned away,
   * and has no place.
   */
  readonly admit: (session: Session, maxSessions: number | null, taking: Taking) => Promise<boolean>;
}

export interface Taking {
  /** It will wait for its socket: of those, there may be so many. */
  readonly waits: boolean;
  readonly take: (batch: Batch) => void;
  /** By the answers to what `take` put into the batch, and to what came after it. */
  readonly isTurnedAway: (answers: readonly unknown[]) => boolean;
  readonly giveUp: (batch: Batch, wasTurnedAway: boolean) => void;
}

export function redisPlaces({ link, now, maxPending }: PlacesOptions): Places {
  /** When agents were full. Milliseconds of the monotonic clock. */
  const fullAt = new Map<string, number>();

  /** Reservations whose time is over, by our clock; or that come from a clock that was far ahead of ours. */
  function forgetMissed(batch: Batch, set: string): void {
    const latest = now() + TOKEN_TTL + CLOCK_SKEW;
    batch.zRemRangeByScore(set, '-inf', now()).zRemRangeByScore(set, `(${latest}`, '+inf').zCard(set);
  }

  function countPlaces(batch: Batch, host: string): void {
    forgetMissed(batch, keys.reserved(host));
    batch.zCard(keys.live(host));
  }

  async function count(host: string): Promise<SessionCount> {
    const answers = await link.together((batch) => countPlaces(batch, host));
    const [reserved = 0, live = 0] = answers.slice(-2).map(Number);
    return { live, reserved };
  }

  /** Many who are refused must not hide a place that comes free: while there are any, we look first. */
  async function lookFirst(session: Session, most: number): Promise<void> {
    const host = hostOf(session);
    if (performance.now() - (fullAt.get(host) ?? -Infinity) >= FULL_MEMORY) return;
    const { live, reserved } = await count(host);
    if (live + reserved >= most) refuse(session, most);
  }

  function refuse(session: Session, maxSessions: number): never {
    fullAt.set(hostOf(session), performance.now());
    throw atCapacity(session, maxSessions);
  }

  return {
    count,
    async admit(session, maxSessions, { waits, take, isTurnedAway, giveUp }) {
      const most = maxSessions ?? Infinity;
      await lookFirst(session, most);
      const answers = await link.together((batch) => {
        take(batch);
        forgetMissed(batch, keys.pending);
        countPlaces(batch, hostOf(session));
      });
      const [pending = 0, , , reserved = 0, live = 0] = answers.slice(-5).map(Number);
      const isOver = reserved + live > most;
      const isFull = waits && pending > maxPending;
      const wasTurnedAway = isTurnedAway(answers);
      if (!isOver && !isFull && !wasTurnedAway) return true;
      await link.together((batch) => giveUp(batch, wasTurnedAway));
      if (isOver) refuse(session, most);
      if (isFull) throw storeFull();
      return false;
    },
  };
}
