import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { isRecord } from '../shared/fields.ts';
import { jsonIn } from '../shared/json-text.ts';
import { TOKEN_TTL } from '../shared/start.ts';
import { CLOCK_SKEW } from './limits.ts';
import { deriveKey, type MasterSecret } from './secrets.ts';

/** What a token vouches for. */
export interface Grant {
  /** `{agent}.{organization}`. */
  readonly serviceHost: string;
  /** Milliseconds since the epoch; the token is good before it, not at it. */
  readonly expiresAt: number;
  /** Where the session store keeps what was issued: a hash, so that a dump of the store gives no usable token. */
  readonly key: string;
}

export interface IssuedToken extends Grant {
  readonly token: string;
}

/** What a text is, held against the keys and the clock of this gateway. */
export type TokenFinding =
  | { readonly type: 'good'; readonly grant: Grant }
  /** No token, or none in the issued spelling. */
  | { readonly type: 'malformed' }
  /** The MAC is of no key here. `kid`: which one it names; `isKnown`: a key of that name is configured. */
  | { readonly type: 'forged'; readonly kid: string | null; readonly isKnown: boolean }
  /** Genuine, and out of its time. Seconds since it expired; negative when it is from the future. */
  | { readonly type: 'late'; readonly seconds: number; readonly serviceHost: string };

/** Signs and reads tokens. One use is the session store's business: see `SessionStore.take`. */
export interface TokenSigner {
  issue(serviceHost: string): IssuedToken;
  /** Null for every token that was not issued here, in this very spelling, or is out of its time. */
  read(token: string): Grant | null;
  /** The same with the reason, for an operator: who sent it must not learn it. */
  inspect(token: string): TokenFinding;
}

const LABEL = 'tel-gateway/ws-session/v1';
const SHAPE = /^[A-Za-z0-9_-]{60,400}\.[A-Za-z0-9_-]{43}$/;

interface Payload {
  readonly v: 1;
  readonly typ: 'ws-session';
  readonly kid: string;
  readonly sh: string;
  readonly iat: number;
  readonly exp: number;
  readonly nonce: string;
}

/** `now`: milliseconds since the epoch. */
export function tokenSigner(secrets: readonly MasterSecret[], now: () => number): TokenSigner {
  const ring = secrets.map((secret) => ({ kid: secret.kid, key: deriveKey(secret, LABEL) }));
  const [first] = ring;
  if (!first) throw new TypeError('a token signer needs at least one secret');

  function inspect(token: string): TokenFinding {
    if (!SHAPE.test(token)) return { type: 'malformed' };
    const [encoded = '', tag = ''] = token.split('.');
    const given = Buffer.from(tag, 'base64url');
    if (given.toString('base64url') !== tag) return { type: 'malformed' };
    // Every key is tried, so that time does not tell which one matched.
    const matches = ring.filter(({ key }) => timingSafeEqual(mac(key, encoded), given));
    const payload = decode(encoded);
    if (!payload || !matches.some(({ kid }) => kid === payload.kid)) {
      const kid = payload?.kid ?? null;
      return { type: 'forged', kid, isKnown: ring.some((one) => one.kid === kid) };
    }
    const { sh: serviceHost, iat, exp, nonce } = payload;
    const time = now() / 1000;
    if (!isInTime(payload, time)) {
      return { type: 'late', seconds: Math.ceil(time < exp ? time - iat : time - exp), serviceHost };
    }
    return { type: 'good', grant: { serviceHost, expiresAt: exp * 1000, key: storeKey(nonce) } };
  }

  return {
    inspect,
    issue(serviceHost) {
      const iat = Math.floor(now() / 1000);
      const exp = iat + TOKEN_TTL / 1000;
      const nonce = randomBytes(16).toString('base64url');
      const payload = encode({ v: 1, typ: 'ws-session', kid: first.kid, sh: serviceHost, iat, exp, nonce });
      const token = `${payload}.${mac(first.key, payload).toString('base64url')}`;
      return { token, serviceHost, expiresAt: exp * 1000, key: storeKey(nonce) };
    },

    read(token) {
      const found = inspect(token);
      return found.type === 'good' ? found.grant : null;
    },
  };
}

/** `[token:3f9a]`: enough to find a token's uses in a log, useless otherwise. */
export function maskToken(token: string): string {
  return `[token:${createHash('sha256').update(token).digest('hex').slice(0, 4)}]`;
}

function mac(key: Buffer, payload: string): Buffer {
  return createHmac('sha256', key).update(`${LABEL}\0${payload}`).digest();
}

function storeKey(nonce: string): string {
  return createHash('sha256').update(nonce).digest('base64url');
}

function encode({ v, typ, kid, sh, iat, exp, nonce }: Payload): string {
  return Buffer.from(JSON.stringify({ v, typ, kid, sh, iat, exp, nonce })).toString('base64url');
}

/** Only what `encode` writes, byte for byte: no other order of keys, no second spelling of a number. */
function decode(encoded: string): Payload | null {
  const value = jsonIn(Buffer.from(encoded, 'base64url').toString());
  return isPayload(value) && encode(value) === encoded ? value : null;
}

function isPayload(value: unknown): value is Payload {
  return (
    isRecord(value) &&
    value['v'] === 1 &&
    value['typ'] === 'ws-session' &&
    typeof value['kid'] === 'string' &&
    typeof value['sh'] === 'string' &&
    Number.isSafeInteger(value['iat']) &&
    Number.isSafeInteger(value['exp']) &&
    typeof value['nonce'] === 'string' &&
    /^[A-Za-z0-9_-]{22}$/.test(value['nonce'])
  );
}

/** `now` in seconds. The last two rules hold against an issuer whose clock or code is wrong. */
function isInTime({ iat, exp }: Payload, now: number): boolean {
  return now < exp && iat <= now + CLOCK_SKEW / 1000 && exp - iat <= TOKEN_TTL / 1000 && exp > iat;
}
