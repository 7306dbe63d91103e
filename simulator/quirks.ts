import { lookUp } from '../shared/table.ts';

/** What a carrier does or says around a stream that its messages do not show. */
export interface Quirks {
  /** How often it tries to open the stream. */
  readonly attempts: number;
  /** Its name for a refused or failed handshake. */
  readonly handshakeError: string | null;
  /** Its name for a message it does not understand. */
  readonly messageError: string | null;
}

const plain: Quirks = { attempts: 1, handshakeError: null, messageError: null };

/**
 * @see https://www.twilio.com/docs/api/errors/31920 and /31924 (read 2026-11-21)
 * @see https://docs.plivo.com/docs/voice-agents/audio-streaming (read 2026-11-21): two more tries after the first
 * @see https://github.com/signalwire/docs, cxml/voice/stream.mdx (read 2026-11-21)
 * @see https://support.exotel.com/support/solutions/articles/3000132302 (read 2026-11-21): one more try
 */
const quirks: Readonly<Record<string, Quirks>> = {
  twilio: { attempts: 1, handshakeError: 'Twilio error 31920', messageError: 'Twilio error 31924' },
  plivo: { ...plain, attempts: 3 },
  signalwire: { ...plain, handshakeError: 'SignalWire connection_refused' },
  exotel: { ...plain, attempts: 2 },
};

export function quirksOf(carrier: string): Quirks {
  return lookUp(quirks, carrier) ?? plain;
}
