import { createHmac } from 'node:crypto';
import { sameSecret } from '../../shared/compare.ts';
import type { HttpRequest } from '../../shared/http.ts';
import type { SignatureCheck } from '../../shared/provider.ts';
import { malformed, missing, refused } from '../../shared/refused-signature.ts';

/** Seconds a signature is good for, either way; Jambonz's own middleware checks the past only. */
export const TOLERANCE = 300;

/** One time and one signature, as Jambonz writes them; its middleware takes several, in any order. */
const SHAPE = /^t=([1-9][0-9]{0,11}),v1=([0-9a-f]{64})$/;

/**
 * HMAC-SHA256, in hex, over the time, "." and the body's bytes. The URL is not signed. No SDK: `@jambonz/node-client` 0.4.11
 * has express middleware only, which hashes a body that was parsed and written anew, takes times from the future, and drags
 * `bent` and `ajv` along.
 *
 * @see https://github.com/jambonz/jambonz-fern-config/blob/a89eebffbf317cb41093d2b8e22822c2528e02ba/fern/docs/pages/reference/webhook-overview.md (read 2026-11-21)
 */
export function verify(
  { headers, body }: HttpRequest,
  secrets: readonly string[],
  now: number,
): SignatureCheck {
  const signature = headers['jambonz-signature'];
  if (signature === undefined) return missing('Jambonz-Signature');
  const [, timestamp = '', given = ''] = SHAPE.exec(signature) ?? [];
  if (given === '') return malformed('Jambonz-Signature', '"t=…,v1=…"');
  const made = secrets.map((secret) => sign(timestamp, body, secret));
  if (made.filter((mac) => sameSecret(mac, given)).length === 0) {
    return refused('no webhook secret made this signature');
  }
  const age = Math.floor(now / 1000) - Number(timestamp);
  if (Math.abs(age) <= TOLERANCE) return { ok: true };
  return refused(`it was signed more than ${TOLERANCE} s away`, { type: 'stale', seconds: age });
}

/** Hex of what Jambonz would send after `v1=`. `timestamp`: seconds since the epoch. */
export function sign(timestamp: string, body: string, secret: string): string {
  return createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
}
