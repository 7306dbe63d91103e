import { GatewayError } from '../../shared/errors.ts';
import type { Limits } from '../limits.ts';
import { ledger, sizeOf } from './ledger.ts';
import type { Ending, Session, SessionStore } from './store.ts';
import { tickets } from './tickets.ts';

type MemoryLimits = Pick<Limits, 'maxPending' | 'maxPendingBytes' | 'maxHistory'>;

/** Sessions in this process only: for one gateway, for tests, for trying it out. `now`: ms since the epoch. */
export function memoryStore(limits: MemoryLimits, now: () => number): SessionStore {
  const waiting = tickets(now);
  const live = new Map<string, Session>();
  const endings = new Map<string, Ending>();
  const counted = ledger();

  function admit(session: Session, maxSessions: number | null): void {
    for (const missed of waiting.expire()) counted.remove(missed);
    counted.admit(session, maxSessions);
  }

  function remember(session: Session, ending: Ending): void {
    if (!session.call) return;
    const key = callKey(session.provider, session.call.id);
    endings.delete(key);
    endings.set(key, ending);
    const [oldest] = endings.keys();
    if (endings.size > limits.maxHistory && oldest !== undefined) endings.delete(oldest);
  }

  return {
    async issue(session, ticket, maxSessions) {
      admit(session, maxSessions);
      const isFull = waiting.waiting() >= limits.maxPending;
      if (isFull || counted.bytes() + sizeOf(session) > limits.maxPendingBytes) {
        throw new GatewayError('ERR_STORE_FULL', 'too many sessions wait for their sockets: try again later');
      }
      waiting.add(session, ticket);
      counted.add(session);
    },
    async take(key) {
      const session = waiting.take(key);
      if (session) live.set(session.id, session);
      return session;
    },
    async giveBack({ id }, { key }) {
      const session = live.get(id);
      if (session && live.delete(id) && !waiting.giveBack(key, session)) counted.remove(session);
    },
    async open(session, maxSessions) {
      admit(session, maxSessions);
      live.set(session.id, session);
      counted.add(session);
    },
    async end(session, ending) {
      if (!live.delete(session.id)) return;
      counted.remove(session);
      remember(session, ending);
    },
    async read(id) {
      return live.get(id) ?? null;
    },
    async endingOf(provider, callId) {
      return endings.get(callKey(provider, callId)) ?? null;
    },
    async ping() {},
    async close() {
      waiting.clear();
      live.clear();
    },
  };
}

function callKey(provider: string, callId: string): string {
  return `${provider} ${callId}`;
}
