import { createPrivateKey, sign as signBytes, type KeyObject } from 'node:crypto';
import { TelnyxWebhook } from 'telnyx/lib/webhooks';
import type { HttpRequest } from '../../shared/http.ts';
import type { SignatureCheck } from '../../shared/provider.ts';
import { malformed, missing, refused } from '../../shared/refused-signature.ts';

/** Seconds that the SDK allows between a timestamp and our clock. */
const TOLERANCE = 300;

/**
 * Ed25519 over the timestamp, "|" and the body's bytes. The URL is not signed, and so are not the parameters of a GET,
 * whose body is empty. Timestamps are accepted for 300 s either way, by the SDK's own clock.
 *
 * @see https://developers.telnyx.com/docs/development/api-fundamentals/webhooks (read 2026-11-21)
 */
export async function verify(
  { headers, body }: HttpRequest,
  publicKeys: readonly string[],
): Promise<SignatureCheck> {
  const signature = headers['telnyx-signature-ed25519'];
  const timestamp = headers['telnyx-timestamp'];
  if (signature === undefined) return missing('telnyx-signature-ed25519');
  if (timestamp === undefined) return missing('telnyx-timestamp');
  if (!isSignature(signature)) return malformed('telnyx-signature-ed25519', 'one base64 Ed25519 signature');
  if (!/^[0-9]{1,12}$/.test(timestamp)) return malformed('telnyx-timestamp', 'one number of seconds');
  const signed = { 'telnyx-signature-ed25519': signature, 'telnyx-timestamp': timestamp };
  for (const publicKey of publicKeys) {
    if (await isSigned(publicKey, body, signed)) return { ok: true };
  }
  const seconds = Math.floor(Date.now() / 1000) - Number(timestamp);
  return Math.abs(seconds) > TOLERANCE
    ? refused(`telnyx-timestamp is more than ${TOLERANCE} s away`, { type: 'stale', seconds })
    : refused('the Ed25519 signature does not match');
}

async function isSigned(publicKey: string, body: string, headers: Record<string, string>): Promise<boolean> {
  try {
    await new TelnyxWebhook(publicKey).verify(body, headers);
    return true;
  } catch {
    return false; // the SDK tells "no" by throwing, and its messages quote what was sent
  }
}

/** 64 bytes, spelled as an encoder does: the SDK ignores four spare bits at the end, which gives 16 spellings to each. */
function isSignature(text: string): boolean {
  return /^[A-Za-z0-9+/]{86}==$/.test(text) && Buffer.from(text, 'base64').toString('base64') === text;
}

/** What Telnyx would send in `telnyx-signature-ed25519`. `timestamp`: seconds since the epoch. */
export function sign(timestamp: string, body: string, seed: Buffer): string {
  return signBytes(null, Buffer.from(`${timestamp}|${body}`), privateKeyOf(seed)).toString('base64');
}

/** PKCS #8 of an Ed25519 seed: RFC 8410 §7. */
function privateKeyOf(seed: Buffer): KeyObject {
  const key = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
}
