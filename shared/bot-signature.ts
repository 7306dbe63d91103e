import { createHmac } from 'node:crypto';
import { sameSecret } from './compare.ts';

/** Seconds a signature may be old, or ahead of the verifier's clock. */
export const BOT_SIGNATURE_TOLERANCE = 60;

/**
 * `x-gateway-signature` of a dial: proof for the bot that it is this gateway that calls. `path`: of the bot's URL, without
 * its query. `now`: milliseconds since the epoch.
 */
export function signDial(secret: string, sessionId: string, path: string, now: number): string {
  const seconds = String(Math.floor(now / 1000));
  return `t=${seconds},v1=${sign(secret, seconds, sessionId, path)}`;
}

/** For bots: was this dial made by the gateway that shares `secret`, for this session and path, within a minute? */
export function verifyDial(
  secret: string,
  { signature, sessionId, path }: { signature: string | undefined; sessionId: string; path: string },
  now: number,
): boolean {
  const [, seconds = '', given = ''] = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(signature ?? '') ?? [];
  if (seconds === '' || secret === '') return false;
  const fresh = Math.abs(now / 1000 - Number(seconds)) <= BOT_SIGNATURE_TOLERANCE;
  return sameSecret(given, sign(secret, seconds, sessionId, path)) && fresh;
}

function sign(secret: string, seconds: string, sessionId: string, path: string): string {
  return createHmac('sha256', secret)
    .update(`hookswitch/dial/v1\0${seconds}\0${sessionId}\0${path}`)
    .digest('hex');
}
