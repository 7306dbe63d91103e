import { z } from 'zod';
import { GatewayError } from '../../../shared/errors.ts';
import type { CallEvent } from '../../../shared/call-status.ts';
import { jsonIn } from '../../../shared/json-text.ts';
import { EventData, LastEndingData, RecordData, SessionData } from '../store-data.ts';
import type { LastEnding, Session, SessionRecord } from '../store.ts';

/** A session that waits. */
export interface Waiting {
  readonly session: Session;
  /** The end of its ticket's time. Milliseconds since the epoch. */
  readonly expiresAt: number;
}

const WaitingData: z.ZodType<Waiting> = z.strictObject({ session: SessionData, expiresAt: z.number() });

export const readWaiting = (text: string): Waiting => read(WaitingData, text);
export const readRecord = (text: string): SessionRecord => read(RecordData, text);
export const readEvent = (text: string): CallEvent => read(EventData, text);
export const readEnding = (text: string): LastEnding => read(LastEndingData, text);

/** What stands in Redis was written by a replica; of which release, nobody knows. */
function read<T>(type: z.ZodType<T>, text: string): T {
  const { data } = type.safeParse(jsonIn(text));
  if (data !== undefined) return data;
  throw new GatewayError(
    'ERR_STORE_UNAVAILABLE',
    'what Redis holds was written by another release, or by somebody else: give Hookswitch a database of its own',
  );
}
