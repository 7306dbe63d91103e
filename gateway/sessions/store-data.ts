import { z } from 'zod';
import type {
  CompletionStatus,
  Ending,
  Session,
  SessionCount,
  SessionList,
  SessionQuery,
  SessionRecord,
  Ticket,
} from './store.ts';

const text = z.string();
const count = z.int().nonnegative();
/** Milliseconds since the epoch. */
const time = z.number();

const session = {
  id: text,
  agent: text,
  organization: text,
  provider: text,
  call: z
    .strictObject({ id: text, from: text, to: text, direction: z.enum(['inbound', 'outbound']) })
    .nullable(),
  createdAt: time,
  trace: text.exactOptional(),
};

export const SessionData: z.ZodType<Session> = z.strictObject({ ...session, body: text.nullable() });

export const TicketData: z.ZodType<Ticket> = z.object({ key: text, expiresAt: time });

/** All ways of ending. */
export const statuses: readonly CompletionStatus[] = [
  'WS_CONNECTION_CLOSED',
  'BOT_LOST',
  'CALLER_LOST',
  'BOT_UNREACHABLE',
  'HANDSHAKE_REFUSED',
  'LIMIT_REACHED',
  'DRAINED',
  'STOPPED',
  'GATEWAY_LOST',
];

const StatusData: z.ZodType<CompletionStatus> = z.enum(statuses);

export const EndingData: z.ZodType<Ending> = z.strictObject({
  status: StatusData,
  endedBy: z.enum(['caller', 'bot', 'gateway', 'operator']),
  code: z.int(),
  reason: text,
  at: time,
});

export const RecordData: z.ZodType<SessionRecord> = z.strictObject({
  ...session,
  openedAt: time,
  bot: text.nullable(),
  ending: EndingData.nullable(),
});

export const QueryData: z.ZodType<SessionQuery> = z.strictObject({
  organization: text,
  agent: text,
  limit: count,
  offset: count,
  status: z.union([z.enum(['live', 'ended']), StatusData]).nullable(),
  from: time.nullable(),
  until: time.nullable(),
});

export const ListData: z.ZodType<SessionList> = z.strictObject({
  total: count,
  records: z.array(RecordData),
});

export const CountData: z.ZodType<SessionCount> = z.strictObject({ live: count, reserved: count });
