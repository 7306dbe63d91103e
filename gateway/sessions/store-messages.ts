import { z } from 'zod';
import {
  CallData,
  CountData,
  EndingData,
  LastEndingData,
  EventData,
  KeptEventsData,
  ListData,
  NotedData,
  QueryData,
  RecordData,
  SessionData,
  TicketData,
} from './store-data.ts';
import type { SessionStore } from './store.ts';

/** What a process asks of the one that holds the sessions. */
export type StoreMethod = Exclude<keyof SessionStore, 'onStop' | 'close'>;
type Arguments<M extends StoreMethod> = Parameters<SessionStore[M]>;
export type StoreValue<M extends StoreMethod> = Awaited<ReturnType<SessionStore[M]>>;

export type StoreRequest<M extends StoreMethod = StoreMethod> = {
  [K in M]: { readonly method: K; readonly args: Arguments<K> };
}[M];

export interface StoreQuestion {
  readonly type: 'store';
  /** Comes back in the answer. */
  readonly id: number;
  readonly request: StoreRequest;
}

/** The errors of a SessionStore that are told by their names. */
export type StoreErrorCode = 'ERR_AT_CAPACITY' | 'ERR_STORE_FULL' | 'ERR_STORE_UNAVAILABLE';

/** What a method resolved with, to be read by whoever knows which; or what it rejected with. */
export type StoreResult =
  | { readonly value: unknown }
  | { readonly error: { readonly code: StoreErrorCode; readonly message: string } };

export interface StoreAnswer {
  readonly type: 'store-answer';
  readonly id: number;
  readonly result: StoreResult;
}

/** Unasked: somebody wants a session ended that is live in the process this goes to. */
export interface StoreStop {
  readonly type: 'store-stop';
  /** Of the session. */
  readonly id: string;
}

const text = z.string();
const maxSessions = z.int().nullable();

const Request: z.ZodType<StoreRequest> = z.discriminatedUnion('method', [
  request('issue', z.tuple([SessionData, TicketData, maxSessions])),
  request('take', z.tuple([text])),
  request('bind', z.tuple([text, CallData, text])),
  request('giveBack', z.tuple([SessionData, TicketData])),
  request('open', z.tuple([SessionData, maxSessions])),
  request('end', z.tuple([SessionData, EndingData])),
  request('read', z.tuple([text])),
  request('endingOf', z.tuple([text, text])),
  request('nameCall', z.tuple([text, text, text])),
  request('note', z.tuple([text, text, EventData])),
  request('events', z.tuple([text])),
  request('seat', z.tuple([SessionData, z.array(text), maxSessions])),
  request('unseat', z.tuple([SessionData])),
  request('find', z.tuple([text])),
  request('list', z.tuple([QueryData])),
  request('count', z.tuple([text, text])),
  request('stop', z.tuple([text])),
  request('ping', z.tuple([])),
]);

function request<M extends StoreMethod, A extends z.ZodType<Arguments<M>>>(
  method: M,
  args: A,
): z.ZodObject<{ method: z.ZodLiteral<M>; args: A }, z.core.$strict> {
  return z.strictObject({ method: z.literal(method), args });
}

const values: { readonly [M in StoreMethod]: z.ZodType<StoreValue<M>> } = {
  issue: z.void(),
  take: SessionData.nullable(),
  bind: SessionData.nullable(),
  giveBack: z.void(),
  open: z.void(),
  end: z.void(),
  read: SessionData.nullable(),
  endingOf: LastEndingData.nullable(),
  nameCall: z.void(),
  note: NotedData.nullable(),
  events: KeptEventsData,
  seat: text.nullable(),
  unseat: z.void(),
  find: RecordData.nullable(),
  list: ListData,
  count: CountData,
  stop: z.boolean(),
  ping: z.void(),
};

const Question: z.ZodType<StoreQuestion> = z.strictObject({
  type: z.literal('store'),
  id: z.int().nonnegative(),
  request: Request,
});

const Answer: z.ZodType<StoreAnswer> = z.strictObject({
  type: z.literal('store-answer'),
  id: z.int().nonnegative(),
  result: z.union([
    z.strictObject({ value: z.unknown() }),
    z.strictObject({
      error: z.strictObject({
        code: z.enum(['ERR_AT_CAPACITY', 'ERR_STORE_FULL', 'ERR_STORE_UNAVAILABLE']),
        message: text,
      }),
    }),
  ]),
});

const Stop: z.ZodType<StoreStop> = z.strictObject({ type: z.literal('store-stop'), id: text });

/** Null for every other message. */
export function readStoreQuestion(message: unknown): StoreQuestion | null {
  return Question.safeParse(message).data ?? null;
}

/** What the store says on its own, or answers. Null for every other message. */
export function readStoreMessage(message: unknown): StoreAnswer | StoreStop | null {
  return Answer.safeParse(message).data ?? Stop.safeParse(message).data ?? null;
}

/** Throws when a method never resolves with that. */
export function readStoreValue<M extends StoreMethod>(method: M, value: unknown): StoreValue<M> {
  const schema: z.ZodType<StoreValue<M>> = values[method];
  return schema.parse(value);
}

type Methods = { readonly [M in StoreMethod]: (...args: Arguments<M>) => Promise<StoreValue<M>> };

/** What is asked, asked of a store. Rejects as the store does. */
export function askStore<M extends StoreMethod>(
  store: Methods,
  { method, args }: StoreRequest<M>,
): Promise<StoreValue<M>> {
  return store[method](...args);
}
