import { z } from 'zod';
import { CALL_ENDS, CALL_PROGRESS, type CallEvent, type KeptEvent } from '../../shared/call-status.ts';
import type { Call } from '../../shared/provider.ts';
import type {
  CompletionStatus,
  Ending,
  LastEnding,
  Noted,
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

export const CallData: z.ZodType<Call> = z.strictObject({
  id: text,
  from: text,
  to: text,
  direction: z.enum(['inbound', 'outbound']),
});

const session = {
  id: text,
  agent: text,
  organization: text,
  provider: text,
  call: CallData.nullable(),
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
  'NOT_ANSWERED',
  'GATEWAY_LOST',
];

const StatusData: z.ZodType<CompletionStatus> = z.enum(statuses);

const ending = {
  status: StatusData,
  endedBy: z.enum(['caller', 'bot', 'gateway', 'operator']),
  code: z.int(),
  reason: text,
  at: time,
};

export const EndingData: z.ZodType<Ending> = z.strictObject(ending);
export const LastEndingData: z.ZodType<LastEnding> = z.strictObject({ ...ending, sessionId: text });

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

const told = { sentAt: time.nullable(), sequence: count.nullable() };
const stream = { ...told, streamId: text.nullable() };

export const EventData: z.ZodType<CallEvent> = z.discriminatedUnion('type', [
  z.strictObject({ type: z.enum(CALL_PROGRESS), ...told }),
  z.strictObject({ type: z.enum(CALL_ENDS), ...told, duration: count.nullable(), cause: text.nullable() }),
  z.strictObject({ type: z.enum(['stream-started', 'stream-stopped']), ...stream }),
  z.strictObject({
    type: z.enum(['stream-error', 'stream-degraded']),
    ...stream,
    code: text.nullable(),
    said: text,
    meaning: text,
    cure: text,
  }),
]);

export const KeptEventsData: z.ZodType<readonly KeptEvent[]> = z.array(
  z.strictObject({ event: EventData, at: time }),
);
export const NotedData: z.ZodType<Noted> = z.strictObject({ sessionId: text, isNew: z.boolean() });

/** Equal for equal events, whoever made them: the order of members is that of the schema. */
export function eventText(event: CallEvent): string {
  return JSON.stringify(EventData.parse(event));
}
