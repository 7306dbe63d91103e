import { readFileSync } from 'node:fs';

interface TwilioVector {
  readonly name: string;
  readonly authToken: string;
  readonly url: string;
  readonly params?: Readonly<Record<string, string | readonly string[]>>;
  readonly signature: string;
}

interface PlivoVector {
  readonly name: string;
  readonly version: 'V2' | 'V3';
  readonly authToken: string;
  readonly nonce: string;
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly params: Readonly<Record<string, string>>;
  readonly signature: string;
}

interface TelnyxVector {
  readonly name: string;
  readonly publicKey: string;
  readonly privateSeedHex: string;
  /** Seconds since the epoch. */
  readonly timestamp: string;
  readonly body: string;
  readonly signature: string;
}

export interface Vectors {
  readonly twilio: readonly TwilioVector[];
  readonly plivo: readonly PlivoVector[];
  readonly telnyx: readonly TelnyxVector[];
}

/** Inputs and signatures that the carriers' own SDKs accept. All secrets in them are invented. */
export function readVectors(): Vectors {
  const file = new URL('../vectors/signature-vectors.json', import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as Vectors;
}
