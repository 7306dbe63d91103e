import type { Fields } from '../../shared/fields.ts';
import { readFrame } from '../../shared/frame.ts';
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

/** Null for audio, and for what is no message. */
export function peek(message: StreamMessage): { readonly frame: Fields; readonly type: string } | null {
  if (typeof message !== 'string') return null;
  try {
    const frame = readFrame(message);
    return { frame, type: frame.string('type') };
  } catch {
    return null;
  }
}
