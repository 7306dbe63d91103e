import { createHmac, hkdfSync } from 'node:crypto';

/** A master secret as it stands in HOOKSWITCH_SECRETS. */
export interface Secret {
  readonly kid: string;
  readonly key: Buffer;
}

export const LABEL = 'tel-gateway/ws-session/v1';

export function secretOf(text: string): Secret {
  const [kid = '', key = ''] = text.split(':');
  return { kid, key: Buffer.from(key, 'base64url') };
}

/** The MAC of a payload, written down a second time so that the tests do not trust the code under test. */
export function macOf({ kid, key }: Secret, payload: string, label: string = LABEL): string {
  const derived = Buffer.from(hkdfSync('sha256', key, '', `${label}/${kid}`, 32));
  return createHmac('sha256', derived).update(`${label}\0${payload}`).digest('base64url');
}

/** A token with a valid MAC over any bytes at all. */
export function mint(secret: Secret, json: string | Buffer): string {
  const payload = Buffer.from(json).toString('base64url');
  return `${payload}.${macOf(secret, payload)}`;
}

export interface Claims {
  readonly v: unknown;
  readonly typ: unknown;
  readonly kid: unknown;
  readonly sh: unknown;
  readonly iat: unknown;
  readonly exp: unknown;
  readonly nonce: unknown;
}

/** What /start writes into a token issued at `seconds`. */
export function claims(seconds: number, change: Partial<Claims> = {}): Claims {
  return {
    v: 1,
    typ: 'ws-session',
    kid: 'k1',
    sh: 'support.acme',
    iat: seconds,
    exp: seconds + 300,
    nonce: 'abcdefghijklmnopqrstuv',
    ...change,
  };
}
