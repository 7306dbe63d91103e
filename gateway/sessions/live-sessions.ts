import type { Ledger } from './ledger.ts';
import { seats } from './seats.ts';
import type { Session, SessionRecord } from './store.ts';

interface Live {
  readonly session: Session;
  readonly openedAt: number;
  bot: string | null;
}

/** Sessions that have their sockets, and their seats. */
export interface LiveSessions {
  readonly start: (session: Session) => void;
  /** Forgets a session, and says what it was; null when it is not live. */
  readonly leave: (id: string) => { readonly session: Session; readonly record: SessionRecord } | null;
  readonly find: (id: string) => Session | null;
  readonly record: (id: string) => SessionRecord | null;
  readonly records: () => SessionRecord[];
  /** As SessionStore.seat; an empty list of bots only gives up the seat. */
  readonly seat: (id: string, bots: readonly string[], maxSessions: number | null) => string | null;
  readonly clear: () => void;
}

/** `now`: milliseconds since the epoch. */
export function liveSessions(now: () => number, counted: Ledger): LiveSessions {
  const live = new Map<string, Live>();
  const seated = seats();

  return {
    start(session) {
      live.set(session.id, { session, openedAt: now(), bot: null });
      counted.add(session, 'live');
    },
    leave(id) {
      const known = live.get(id);
      if (!known) return null;
      live.delete(id);
      counted.remove(known.session, 'live');
      seated.giveUp(known.bot);
      return { session: known.session, record: recordOf(known) };
    },
    find: (id) => live.get(id)?.session ?? null,
    record(id) {
      const known = live.get(id);
      return known ? recordOf(known) : null;
    },
    records: () => [...live.values()].map(recordOf),
    seat(id, bots, maxSessions) {
      const known = live.get(id);
      if (!known) return null;
      seated.giveUp(known.bot);
      known.bot = seated.take(bots, maxSessions);
      return known.bot;
    },
    clear() {
      live.clear();
      seated.clear();
    },
  };
}

function recordOf({ session, openedAt, bot }: Live): SessionRecord {
  const { body: _, ...record } = session;
  return { ...record, openedAt, bot, ending: null };
}
