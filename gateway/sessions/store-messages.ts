import { z } from 'zod';
import type { Ending, Session, SessionStore, Ticket } from './store.ts';

/** What a process asks the one that holds the sessions: a method of SessionStore, its arguments by name. */
export type StoreRequest =
  | {
      readonly method: 'issue';
      readonly session: Session;
      readonly ticket: Ticket;
      readonly maxSessions: number | null;
    }
  | { readonly method: 'take'; readonly key: string }
  | { readonly method: 'giveBack'; readonly session: Session; readonly ticket: Ticket }
  | { readonly method: 'open'; readonly session: Session; readonly maxSessions: number | null }
  | { readonly method: 'end'; readonly session: Session; readonly ending: Ending }
  | { readonly method: 'read'; readonly id: string }
  | { readonly method: 'endingOf'; readonly provider: string; readonly callId: string }
  | { readonly method: 'ping' };

export interface StoreQuestion {
  readonly type: 'store';
  /** Comes back in the answer. */
  readonly id: number;
  readonly request: StoreRequest;
}

/** The errors of a SessionStore that are told by their names. */
export type StoreErrorCode = 'ERR_AT_CAPACITY' | 'ERR_STORE_FULL' | 'ERR_STORE_UNAVAILABLE';

/** What a method resolved with, null for nothing; or with what it rejected. */
export type StoreResult =
  | { readonly value: Session | Ending | null }
  | { readonly error: { readonly code: StoreErrorCode; readonly message: string } };

export interface StoreAnswer {
  readonly type: 'store-answer';
  readonly id: number;
  readonly result: StoreResult;
}

const text = z.string();
const id = z.int().nonnegative();

const SessionData: z.ZodType<Session> = z.strictObject({
  id: text,
  agent: text,
  organization: text,
  provider: text,
  call: z
    .strictObject({ id: text, from: text, to: text, direction: z.enum(['inbound', 'outbound']) })
    .nullable(),
  body: text.nullable(),
  createdAt: z.number(),
});

const TicketData: z.ZodType<Ticket> = z.object({ key: text, expiresAt: z.number() });

const EndingData: z.ZodType<Ending> = z.strictObject({
  status: z.enum([
    'WS_CONNECTION_CLOSED',
    'BOT_LOST',
    'CALLER_LOST',
    'BOT_UNREACHABLE',
    'HANDSHAKE_REFUSED',
    'LIMIT_REACHED',
    'DRAINED',
    'GATEWAY_LOST',
  ]),
  endedBy: z.enum(['caller', 'bot', 'gateway']),
  code: z.int(),
  reason: text,
  at: z.number(),
});

const maxSessions = z.int().nullable();

const Question: z.ZodType<StoreQuestion> = z.strictObject({
  type: z.literal('store'),
  id,
  request: z.discriminatedUnion('method', [
    z.strictObject({
      method: z.literal('issue'),
      session: SessionData,
      ticket: TicketData,
      maxSessions,
    }),
    z.strictObject({ method: z.literal('take'), key: text }),
    z.strictObject({ method: z.literal('giveBack'), session: SessionData, ticket: TicketData }),
    z.strictObject({ method: z.literal('open'), session: SessionData, maxSessions }),
    z.strictObject({ method: z.literal('end'), session: SessionData, ending: EndingData }),
    z.strictObject({ method: z.literal('read'), id: text }),
    z.strictObject({ method: z.literal('endingOf'), provider: text, callId: text }),
    z.strictObject({ method: z.literal('ping') }),
  ]),
});

const Answer: z.ZodType<StoreAnswer> = z.strictObject({
  type: z.literal('store-answer'),
  id,
  result: z.union([
    z.strictObject({ value: z.union([SessionData, EndingData, z.null()]) }),
    z.strictObject({
      error: z.strictObject({
        code: z.enum(['ERR_AT_CAPACITY', 'ERR_STORE_FULL', 'ERR_STORE_UNAVAILABLE']),
        message: text,
      }),
    }),
  ]),
});

/** Null for every other message. */
export function readStoreQuestion(message: unknown): StoreQuestion | null {
  return Question.safeParse(message).data ?? null;
}

/** Null for every other message. */
export function readStoreAnswer(message: unknown): StoreAnswer | null {
  return Answer.safeParse(message).data ?? null;
}

export function isSession(value: Session | Ending | null): value is Session {
  return value !== null && 'id' in value;
}

export function isEnding(value: Session | Ending | null): value is Ending {
  return value !== null && 'status' in value;
}

/** What is asked, asked of a store. Rejects as the store does. */
export async function askStore(store: SessionStore, request: StoreRequest): Promise<Session | Ending | null> {
  switch (request.method) {
    case 'issue':
      await store.issue(request.session, request.ticket, request.maxSessions);
      return null;
    case 'take':
      return store.take(request.key);
    case 'giveBack':
      await store.giveBack(request.session, request.ticket);
      return null;
    case 'open':
      await store.open(request.session, request.maxSessions);
      return null;
    case 'end':
      await store.end(request.session, request.ending);
      return null;
    case 'read':
      return store.read(request.id);
    case 'endingOf':
      return store.endingOf(request.provider, request.callId);
    case 'ping':
      await store.ping();
      return null;
  }
}
