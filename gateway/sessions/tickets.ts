import { TOKEN_TTL } from '../../shared/start.ts';
import type { Call } from '../../shared/provider.ts';
import { CLOCK_SKEW } from '../limits.ts';
import type { Ledger } from './ledger.ts';
import type { Session, Ticket } from './store.ts';

interface Entry {
  /** Null once taken. The entry stays until it expires, so that entries remain in the order of their expiry. */
  session: Session | null;
  readonly expiresAt: number;
}

/** Sessions that wait for their sockets, each until its ticket expires. */
export interface Tickets {
  readonly waiting: () => number;
  /** False where another session waits under the ticket, as in Redis: that one stays. */
  readonly add: (session: Session, ticket: Ticket) => boolean;
  /** The session of a ticket, once. */
  readonly take: (key: string) => Session | null;
  /** As SessionStore. */
  readonly bind: (key: string, call: Call, body: string) => Session | null;
  /** Forgets the session when its ticket has expired meanwhile. */
  readonly giveBack: (key: string, session: Session) => void;
  /** Forgets what has expired. */
  readonly expire: () => void;
  readonly clear: () => void;
}

/**
 * `now`: milliseconds since the epoch. Tickets must be added in the order of their expiry. They count as reserved.
 * `onForgotten` is told the ids of sessions that were never opened.
 */
export function tickets(now: () => number, counted: Ledger, onForgotten: (id: string) => void): Tickets {
  const entries = new Map<string, Entry>();
  let waiting = 0;

  /** A ticket from the future is over too: the clock was set back, and its token is refused from then on. */
  function isOver({ expiresAt }: Entry): boolean {
    return expiresAt <= now() || expiresAt > now() + TOKEN_TTL + CLOCK_SKEW;
  }

  return {
    waiting: () => waiting,
    add(session, { key, expiresAt }) {
      const earlier = entries.get(key);
      if (earlier?.session && !isOver(earlier)) return false;
      entries.delete(key); // so that it is the last one again
      entries.set(key, { session, expiresAt });
      waiting += 1;
      counted.add(session, 'reserved');
      return true;
    },
    take(key) {
      const entry = entries.get(key);
      if (!entry?.session || isOver(entry)) return null;
      const { session } = entry;
      entry.session = null;
      waiting -= 1;
      counted.remove(session, 'reserved');
      return session;
    },
    bind(key, call, body) {
      const entry = entries.get(key);
      const before = entry?.session;
      if (!before || isOver(entry)) return null;
      if (before.call) return before.call.id === call.id ? before : null;
      const session = { ...before, call, body: before.body ?? body };
      counted.remove(before, 'reserved');
      counted.add(session, 'reserved');
      entry.session = session;
      return session;
    },
    giveBack(key, session) {
      const entry = entries.get(key);
      if (!entry || entry.session || isOver(entry)) return onForgotten(session.id);
      entry.session = session;
      waiting += 1;
      counted.add(session, 'reserved');
    },
    expire() {
      for (const [key, entry] of entries) {
        if (!isOver(entry)) break;
        entries.delete(key);
        if (!entry.session) continue;
        waiting -= 1;
        counted.remove(entry.session, 'reserved');
        onForgotten(entry.session.id);
      }
    },
    clear: () => entries.clear(),
  };
}
