import { isRecord } from '../../shared/fields.ts';
import { jsonIn } from '../../shared/json-text.ts';
import type { StreamFacts, StreamMessage } from '../../shared/stream.ts';

/** What Genesys calls one way to send audio, of which the server chooses one. */
export const PCMU = { type: 'audio', format: 'PCMU', channels: ['external'], rate: 8000 } as const;

/** A message of Genesys, the client of its protocol. Its numbers are for the conversation to set. */
export function clientMessage(
  type: string,
  seq: number,
  id: StreamFacts['streamId'],
  parameters: Readonly<Record<string, unknown>>,
): string {
  return JSON.stringify({ version: '2', id, type, seq, serverseq: 0, position: 'PT0S', parameters });
}

/** A message to Genesys. */
export function serverMessage(
  type: string,
  id: StreamFacts['streamId'],
  parameters: Readonly<Record<string, unknown>>,
): string {
  return JSON.stringify({ version: '2', id, type, seq: 0, clientseq: 0, parameters });
}

/** What a text message says; what is missing, or of another type, is empty. */
export interface Said {
  readonly type: string;
  readonly id: string;
  readonly seq: number;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** Null for audio, and for what is no message. */
export function saidIn(message: StreamMessage): Said | null {
  const members = typeof message === 'string' ? jsonIn(message) : null;
  if (!isRecord(members)) return null;
  const { type, id, seq, parameters } = members;
  if (typeof type !== 'string') return null;
  return {
    type,
    id: typeof id === 'string' ? id : '',
    seq: typeof seq === 'number' ? seq : 0,
    parameters: isRecord(parameters) ? parameters : {},
  };
}
