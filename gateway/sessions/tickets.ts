import { TOKEN_TTL } from '../../shared/start.ts';
import { CLOCK_SKEW } from '../limits.ts';
import type { Session, Ticket } from './store.ts';

interface Entry {
  /** Null once taken. The entry stays until it expires, so that entries remain in the order of their expiry. */
  session: Session | null;
  readonly expiresAt: number;
}

/** Sessions that wait for their sockets, each until its ticket expires. */
export interface Tickets {
  readonly waiting: () => number;
  readonly add: (session: Session, ticket: Ticket) => void;
  /** The session of a ticket, once. */
  readonly take: (key: string) => Session | null;
  /** False when the ticket has expired meanwhile. */
  readonly giveBack: (key: string, session: Session) => boolean;
  /** Forgets what has expired, and names the sessions that nobody came for. */
  readonly expire: () => readonly Session[];
  readonly clear: () => void;
}

/** `now`: milliseconds since the epoch. Tickets must be added in the order of their expiry. */
export function tickets(now: () => number): Tickets {
  const entries = new Map<string, Entry>();
  let waiting = 0;

  /** A ticket from the future is over too: the clock was set back, and its token is refused from then on. */
  function isOver({ expiresAt }: Entry): boolean {
    return expiresAt <= now() || expiresAt > now() + TOKEN_TTL + CLOCK_SKEW;
  }

  return {
    waiting: () => waiting,
    add(session, { key, expiresAt }) {
      entries.set(key, { session, expiresAt });
      waiting += 1;
    },
    take(key) {
      const entry = entries.get(key);
      if (!entry?.session || isOver(entry)) return null;
      const { session } = entry;
      entry.session = null;
      waiting -= 1;
      return session;
    },
    giveBack(key, session) {
      const entry = entries.get(key);
      if (!entry || isOver(entry)) return false;
      entry.session = session;
      waiting += 1;
      return true;
    },
    expire() {
      const missed: Session[] = [];
      for (const [key, entry] of entries) {
        if (!isOver(entry)) break;
        entries.delete(key);
        if (entry.session) missed.push(entry.session);
      }
      waiting -= missed.length;
      return missed;
    },
    clear: () => entries.clear(),
  };
}
