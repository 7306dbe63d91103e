import type { Ending, LastEnding, Session, SessionRecord, Ticket } from '../store.ts';
import { hostOf, keys } from './keys.ts';
import type { Batch } from './link.ts';

/** Milliseconds the record and the body of a live session are kept without being written again. */
export const RECORD_TTL = 86_400_000;
/** Milliseconds an ended session is remembered, if it is not pushed out by others before: six hours. */
export const HISTORY_TTL = 21_600_000;
/** Milliseconds it is known how a phone call's last session ended. Its carrier asks at once what comes next. */
const ENDING_TTL = 900_000;

/** A live session, in the process that relays it. */
export interface Held {
  readonly session: Session;
  readonly openedAt: number;
  /** URL of the bot at which it has a seat. */
  bot: string | null;
  /** When it was last written down. Milliseconds since the epoch. */
  writtenAt: number;
}

/** A session that is ours from now on. `now`: milliseconds since the epoch. */
export function holding(session: Session, now: number): Held {
  return { session, openedAt: now, bot: null, writtenAt: now };
}

export function recordOf({ session, openedAt, bot }: Held): SessionRecord {
  const { body: _, ...record } = session;
  return { ...record, openedAt, bot, ending: null };
}

/** `lifetime`: milliseconds, more than 0. The answers of what it adds: see `isTurnedAway`. */
export function addWaiting(batch: Batch, session: Session, ticket: Ticket, lifetime: number): void {
  const { id } = session;
  const { expiresAt } = ticket;
  const place = { score: expiresAt, value: id };
  batch
    .set(keys.ticket(ticket), JSON.stringify({ session, expiresAt }), {
      expiration: { type: 'PX', value: Math.ceil(lifetime) },
      condition: 'NX',
    })
    .zAdd(keys.pending, place)
    .zAdd(keys.reserved(hostOf(session)), place);
}

/** Whether another session waits under the ticket, by the answers to a batch from where `addWaiting` began in it. */
export function isTurnedAway([written]: readonly unknown[]): boolean {
  return written === null;
}

export function addCall(batch: Batch, { id, provider, call }: Session): void {
  if (call) nameCall(batch, id, provider, call.id);
}

/** What is told about that call belongs to this session from now on. */
export function nameCall(batch: Batch, id: string, provider: string, callId: string): void {
  batch.set(keys.call(provider, callId), id, { expiration: { type: 'PX', value: RECORD_TTL } });
}

export function removeWaiting(batch: Batch, session: Session): void {
  batch.zRem(keys.pending, session.id).zRem(keys.reserved(hostOf(session)), session.id);
}

export function addLive(batch: Batch, replica: string, held: Held): void {
  const { session } = held;
  const { id, body } = session;
  const expiration = { type: 'PX', value: RECORD_TTL } as const;
  batch
    .zAdd(keys.live(hostOf(session)), { score: session.createdAt, value: id })
    .hSet(keys.replica(replica), id, hostOf(session))
    .set(keys.session(id), JSON.stringify(recordOf(held)), { expiration });
  if (body !== null) batch.set(keys.body(id), body, { expiration });
  if (held.bot !== null) addSeat(batch, replica, id, held.bot);
}

export function addSeat(batch: Batch, replica: string, id: string, bot: string): void {
  batch.sAdd(keys.seats(bot), seatOf(replica, id)).sAdd(keys.bots(replica), bot);
}

export function removeLive(batch: Batch, replica: string, record: Omit<SessionRecord, 'openedAt'>): void {
  const { id, bot } = record;
  batch
    .zRem(keys.live(hostOf(record)), id)
    .hDel(keys.replica(replica), id)
    .del(keys.body(id));
  if (bot !== null) batch.sRem(keys.seats(bot), seatOf(replica, id));
}

export function addEnded(batch: Batch, record: SessionRecord, ending: Ending): void {
  const { id, call, provider } = record;
  const expiration = { type: 'PX', value: HISTORY_TTL } as const;
  batch
    .set(keys.session(id), JSON.stringify({ ...record, ending }), { expiration })
    .zAdd(keys.ended(hostOf(record)), { score: record.createdAt, value: id });
  if (!call) return;
  const last: LastEnding = { ...ending, sessionId: id };
  batch.set(keys.ending(provider, call.id), JSON.stringify(last), {
    expiration: { type: 'PX', value: ENDING_TTL },
  });
}

/** It was counted as ended, and is not. */
export function removeEnded(batch: Batch, { session }: Held): void {
  batch.zRem(keys.ended(hostOf(session)), session.id);
  if (session.call) batch.del(keys.ending(session.provider, session.call.id));
}

export function seatOf(replica: string, id: string): string {
  return `${replica}/${id}`;
}
