import { TOKEN_TTL } from '../../../shared/start.ts';
import { CLOCK_SKEW, type Limits } from '../../limits.ts';
import type { Session, SessionRecord, SessionStore } from '../store.ts';
import { redisCallRecord } from './call-record.ts';
import { hostOf, keys } from './keys.ts';
import type { Batch, RedisLink } from './link.ts';
import { trimEnded } from './history.ts';
import { listSessions } from './listing.ts';
import {
  addCall,
  addEnded,
  addLive,
  addWaiting,
  holding,
  isTurnedAway,
  recordOf,
  removeLive,
  removeWaiting,
  type Held,
} from './moves.ts';
import { redisPlaces, type Places } from './places.ts';
import type { Presence } from './presence.ts';
import { readEnding, readRecord, readWaiting } from './records.ts';
import { redisSeats } from './seats.ts';

export interface RedisStoreOptions {
  readonly link: RedisLink;
  readonly presence: Presence;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly limits: Pick<Limits, 'maxPending' | 'maxHistory'>;
}

/** Sessions in Redis, for any number of equal replicas. docs/scaling.md says what it promises. */
export function redisStore(options: RedisStoreOptions): SessionStore {
  const { link, presence, now, limits } = options;
  const places = redisPlaces({ link, now, maxPending: limits.maxPending });
  return {
    ...waitingSessions(options, places),
    ...liveSessions(options, places),
    ...redisSeats(link, presence),
    ...knownSessions(options),
    ...redisCallRecord(link, now),
    count: (organization, agent) => places.count(hostOf({ organization, agent })),
    stop: (id) => presence.stop(id),
    onStop: (listener) => presence.onStop(listener),
    async ping() {
      await link.run((client) => client.ping());
    },
    async close() {
      await presence.leave();
      link.close();
    },
  };
}

function waitingSessions(
  { link, presence, now }: RedisStoreOptions,
  places: Places,
): Pick<SessionStore, 'issue' | 'take' | 'bind' | 'giveBack'> {
  const { replica, held } = presence;
  /** By our clock too: the shorter of the two lives counts. */
  const isMissed = (expiresAt: number): boolean =>
    expiresAt <= now() || expiresAt > now() + TOKEN_TTL + CLOCK_SKEW;

  return {
    async issue(session, ticket, maxSessions) {
      const waits = await places.admit(session, maxSessions, {
        waits: true,
        take: (batch) => addWaiting(batch, session, ticket, Math.max(ticket.expiresAt - now(), 1)),
        isTurnedAway,
        giveUp(batch, wasTurnedAway) {
          removeWaiting(batch, session);
          if (!wasTurnedAway) batch.del(keys.ticket(ticket)); // else it is another one's
        },
      });
      if (waits) await named(session, link);
    },
    async take(key) {
      const text = await link.run((client) => client.getDel(keys.ticket({ key })));
      if (text === null) return null;
      const { session, expiresAt } = readWaiting(text);
      if (isMissed(expiresAt)) return null;
      const mine = holding(session, now());
      await link.together((batch) => {
        removeWaiting(batch, session);
        addLive(batch, replica, mine);
      });
      held.set(session.id, mine);
      return session;
    },
    async bind(key, call, body) {
      const name = keys.ticket({ key });
      const text = await link.run((client) => client.get(name));
      if (text === null) return null;
      const { session: before, expiresAt } = readWaiting(text);
      if (isMissed(expiresAt)) return null;
      if (before.call) return before.call.id === call.id ? before : null;
      const session = { ...before, call, body: before.body ?? body };
      // Whoever takes it meanwhile finds it without its call, or not any more; of two calls, the later one has it.
      const [written] = await link.together((batch) => {
        batch.set(name, JSON.stringify({ session, expiresAt }), { expiration: 'KEEPTTL', condition: 'XX' });
        addCall(batch, session);
      });
      return written === null ? null : session;
    },
    async giveBack(session, ticket) {
      const { id } = session;
      const isLate = isMissed(ticket.expiresAt);
      const answers = await leave(id, { link, presence }, (batch, mine) => {
        batch.del(keys.session(id));
        if (!isLate) addWaiting(batch, mine.session, ticket, ticket.expiresAt - now());
      });
      if (!isLate && isTurnedAway(answers.slice(-3))) {
        await link.together((batch) => removeWaiting(batch, session));
      }
    },
  };
}

/** Not before it has its place: the call's record may be that of a session before it. Without it, only that is not kept. */
async function named(session: Session, link: RedisLink): Promise<void> {
  if (session.call) await link.together((batch) => addCall(batch, session)).catch(() => {});
}

function liveSessions(
  { link, presence, now, limits }: RedisStoreOptions,
  places: Places,
): Pick<SessionStore, 'open' | 'end'> {
  const { replica, held } = presence;
  return {
    async open(session, maxSessions) {
      const mine = holding(session, now());
      await places.admit(session, maxSessions, {
        waits: false,
        take: (batch) => addLive(batch, replica, mine),
        isTurnedAway: () => false,
        giveUp(batch) {
          removeLive(batch, replica, recordOf(mine));
          batch.del(keys.session(session.id));
        },
      });
      held.set(session.id, mine);
      await named(session, link);
    },
    async end({ id, provider, call }, ending) {
      const mine = held.get(id);
      if (!mine) return;
      const record: SessionRecord = { ...recordOf(mine), provider, call };
      presence.owe(record, ending);
      try {
        const host = hostOf(record);
        const answers = await leave(id, { link, presence }, (batch) => {
          addEnded(batch, record, ending);
          batch.zCard(keys.ended(host));
        });
        presence.paid(id);
        await trimEnded(link, host, Number(answers.at(-1)), limits.maxHistory);
      } catch {} // it is told when Redis is back
    },
  };
}

/** Not ours any more, whatever it becomes in Redis. */
async function leave(
  id: string,
  { link, presence: { held, replica, touched } }: Pick<RedisStoreOptions, 'link' | 'presence'>,
  fill: (batch: Batch, mine: Held) => void,
): Promise<unknown[]> {
  const mine = held.get(id);
  if (!mine) return [];
  held.delete(id);
  if (mine.bot !== null) touched.add(mine.bot);
  return link.together((batch) => {
    removeLive(batch, replica, recordOf(mine));
    fill(batch, mine);
  });
}

function knownSessions({
  link,
  presence,
}: RedisStoreOptions): Pick<SessionStore, 'read' | 'find' | 'list' | 'endingOf'> {
  const get = (key: string): Promise<string | null> => link.run((client) => client.get(key));
  return {
    async read(id) {
      const mine = presence.held.get(id);
      if (mine) return mine.session;
      const [text, body] = await link.run((client) => client.mGet([keys.session(id), keys.body(id)]));
      if (!text) return null;
      const { openedAt: _, bot: __, ending, ...session } = readRecord(text);
      return ending === null ? { ...session, body: body ?? null } : null;
    },
    async find(id) {
      const text = await get(keys.session(id));
      return text === null ? null : readRecord(text);
    },
    list: (query) => listSessions(link, query),
    async endingOf(provider, callId) {
      const text = await get(keys.ending(provider, callId));
      return text === null ? null : readEnding(text);
    },
  };
}
