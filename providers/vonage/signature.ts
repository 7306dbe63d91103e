import { createHash, createHmac, randomUUID } from 'node:crypto';
import { sameSecret } from '../../shared/compare.ts';
import { isRecord } from '../../shared/fields.ts';
import { formOf } from '../../shared/form.ts';
import type { HttpRequest } from '../../shared/http.ts';
import { jsonIn } from '../../shared/json-text.ts';
import type { SignatureCheck, SignatureFlaw } from '../../shared/provider.ts';
import { malformed, missing, refused } from '../../shared/refused-signature.ts';
import type { VonageSettings } from './settings.ts';

/** Seconds a token is good for from `iat`, either way. Vonage names no figure; it is Telnyx's, and Jambonz's. */
export const TOLERANCE = 300;

/** Three parts of unpadded base64url; the last one is 32 bytes. Longer ones than 4 KB are nobody's. */
const SHAPE = /^Bearer ([A-Za-z0-9_-]{1,1024})\.([A-Za-z0-9_-]{1,3072})\.([A-Za-z0-9_-]{43})$/;

/**
 * The JWT in `Authorization`: HS256 under the account's signature secret and nothing else, whatever its header says; issued
 * just now, for this account, over these parameters (`payload_hash`). The path is not signed. No SDK: `verifySignature` of
 * `@vonage/jwt` 1.15.0 takes RS256 as well, reads no claim, and asks for Node 22.
 *
 * @see https://developer.vonage.com/en/getting-started/concepts/webhooks#decoding-signed-webhooks (read 2026-11-21)
 */
export function verify(request: HttpRequest, settings: VonageSettings, now: number): SignatureCheck {
  const { authorization } = request.headers;
  if (authorization === undefined) return missing('Authorization');
  const [, header = '', payload = '', tag = ''] = SHAPE.exec(authorization) ?? [];
  if (!isCanonical(header) || !isCanonical(payload) || !isCanonical(tag)) {
    return malformed('Authorization', '"Bearer" and one JWT');
  }
  const made = settings.signatureSecrets.map((secret) => macOf(`${header}.${payload}`, secret));
  if (made.filter((mac) => sameSecret(mac, tag)).length === 0) {
    return refused('no signature secret made this JWT');
  }
  if (!isHs256(readPart(header))) return refused('the JWT is not HS256', inHeader);
  return checkClaims(readPart(payload), request, settings, now);
}

const inHeader: SignatureFlaw = { type: 'malformed', header: 'Authorization' };

function checkClaims(
  claims: Readonly<Record<string, unknown>> | null,
  request: HttpRequest,
  { apiKey }: VonageSettings,
  now: number,
): SignatureCheck {
  const { iat, exp = Infinity, api_key: account, payload_hash: hash } = claims ?? {};
  if (!Number.isSafeInteger(iat) || typeof hash !== 'string' || typeof account !== 'string') {
    return refused('a claim is missing: iat, api_key, payload_hash', inHeader);
  }
  const age = Math.floor(now / 1000) - Number(iat);
  if (Math.abs(age) > TOLERANCE) {
    return refused(`the JWT was issued more than ${TOLERANCE} s away`, { type: 'stale', seconds: age });
  }
  // Vonage documents no end; one that is there counts (RFC 7519 §4.1.4).
  if (typeof exp !== 'number' || exp * 1000 <= now) return refused('the JWT has expired', inHeader);
  if (account !== apiKey) return refused('the JWT is for another account', { type: 'account', account });
  const hashes = payloadsOf(request).map((payload) => createHash('sha256').update(payload).digest('hex'));
  if (hashes.some((known) => sameSecret(known, hash.toLowerCase()))) return { ok: true };
  return refused('payload_hash is of other parameters');
}

/**
 * What the hash may be over: the parameters as JSON without white space, in their order; of a POST also its very bytes.
 *
 * @see https://api.support.vonage.com/hc/en-us/articles/19033783342876 (read 2026-11-21)
 */
function payloadsOf(request: HttpRequest): string[] {
  if (request.method === 'POST') {
    const { body } = request;
    return [body, JSON.stringify(jsonIn(body))];
  }
  return [JSON.stringify(Object.fromEntries(formOf(request) ?? []))];
}

/** The header Vonage would send with a request. `now`: milliseconds since the epoch. */
export function authorize(request: HttpRequest, settings: VonageSettings, now: number): string {
  const [secret] = settings.signatureSecrets;
  const [payload = ''] = payloadsOf(request);
  const claims = {
    iat: Math.floor(now / 1000),
    jti: randomUUID(),
    iss: 'Vonage',
    payload_hash: createHash('sha256').update(payload).digest('hex'),
    api_key: settings.apiKey,
  };
  const content = [{ alg: 'HS256', typ: 'JWT' }, claims].map(encoded).join('.');
  return `Bearer ${content}.${macOf(content, secret)}`;
}

function macOf(content: string, secret: string): string {
  return createHmac('sha256', secret).update(content).digest('base64url');
}

function encoded(part: unknown): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}

/** One spelling each: the last character of base64url may hold bits that count for nothing. */
function isCanonical(part: string): boolean {
  return part !== '' && Buffer.from(part, 'base64url').toString('base64url') === part;
}

function isHs256(header: Readonly<Record<string, unknown>> | null): boolean {
  return header?.['alg'] === 'HS256' && !Object.hasOwn(header, 'crit');
}

function readPart(part: string): Readonly<Record<string, unknown>> | null {
  const value = jsonIn(Buffer.from(part, 'base64url').toString());
  return isRecord(value) ? value : null;
}
