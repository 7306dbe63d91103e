import type { Limits } from '../limits.ts';
import { callRecord } from './call-record.ts';
import { history, pageOf } from './history.ts';
import { ledger, sizeOf, storeFull } from './ledger.ts';
import { liveSessions, type LiveSessions } from './live-sessions.ts';
import type { SessionStore } from './store.ts';
import { tickets } from './tickets.ts';

type MemoryLimits = Pick<Limits, 'maxPending' | 'maxPendingBytes' | 'maxHistory'>;

/** Sessions in this process only: for one gateway, for tests, for trying it out. `now`: ms since the epoch. */
export function memoryStore(limits: MemoryLimits, now: () => number): SessionStore {
  const counted = ledger();
  const told = callRecord(now);
  const waiting = tickets(now, counted, told.forget);
  const live = liveSessions(now, counted);
  const ended = history(limits.maxHistory, told.forget);

  return {
    async issue(session, ticket, maxSessions) {
      waiting.expire();
      counted.admit(session, maxSessions);
      const isFull = waiting.waiting() >= limits.maxPending;
      if (isFull || counted.bytes() + sizeOf(session) > limits.maxPendingBytes) {
        throw storeFull();
      }
      if (waiting.add(session, ticket)) told.begin(session);
    },
    async take(key) {
      const session = waiting.take(key);
      if (session) live.start(session);
      return session;
    },
    async giveBack({ id }, { key }) {
      const left = live.leave(id);
      if (left) waiting.giveBack(key, left.session);
    },
    async bind(key, call, body) {
      const session = waiting.bind(key, call, body);
      if (session) told.begin(session);
      return session;
    },
    async open(session, maxSessions) {
      waiting.expire();
      counted.admit(session, maxSessions);
      live.start(session);
      told.begin(session);
    },
    async end({ id, provider, call }, ending) {
      const left = live.leave(id);
      if (left) ended.add({ ...left.record, provider, call, ending });
    },
    read: async (id) => live.find(id),
    endingOf: async (provider, callId) => ended.endingOf(provider, callId),
    ...told.asked,
    seat: async ({ id }, bots, maxSessions) => live.seat(id, bots, maxSessions),
    unseat: async ({ id }) => void live.seat(id, [], null),
    find: async (id) => live.record(id) ?? ended.find(id),
    list: async (query) => pageOf([...live.records(), ...ended.records()], query),
    async count(organization, agent) {
      waiting.expire();
      return counted.count(organization, agent);
    },
    ...stopping(live),
    async ping() {},
    async close() {
      for (const part of [waiting, live, told]) part.clear();
    },
  };
}

/** Whoever relays a session is this process. */
function stopping(live: LiveSessions): Pick<SessionStore, 'stop' | 'onStop'> {
  let stopped: (id: string) => void = nobody;
  return {
    async stop(id) {
      if (!live.find(id)) return false;
      stopped(id);
      return true;
    },
    onStop: (listener) => void (stopped = listener),
  };
}

function nobody(): void {}
