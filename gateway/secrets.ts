import { createHmac, hkdfSync } from 'node:crypto';
import { sameSecret } from '../shared/compare.ts';

/** A master secret. The first configured one signs, all of them verify. */
export interface MasterSecret {
  /** Key id, `[a-z0-9]{1,16}`: goes into tokens for the operator's eyes. */
  readonly kid: string;
  /** At least 32 bytes. */
  readonly key: Buffer;
}

/** A key for one purpose only: nothing signed for one label verifies for another. HKDF-SHA256, no salt, 32 bytes. */
export function deriveKey({ kid, key }: MasterSecret, label: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, '', `${label}/${kid}`, 32));
}

/** One credential per session, so that its bot, and nobody else, can fetch its body. Nothing is stored for it. */
export interface SessionCredentials {
  issue(sessionId: string): string;
  verify(sessionId: string, credential: string): boolean;
}

export function sessionCredentials(secrets: readonly MasterSecret[]): SessionCredentials {
  const keys = secrets.map((secret) => deriveKey(secret, 'hookswitch/session-credential/v1'));
  const [first] = keys;
  if (!first) throw new TypeError('session credentials need at least one secret');
  return {
    issue: (sessionId) => sign(first, sessionId),
    verify: (sessionId, credential) =>
      keys.map((key) => sameSecret(sign(key, sessionId), credential)).includes(true),
  };
}

function sign(key: Buffer, sessionId: string): string {
  return createHmac('sha256', key).update(sessionId).digest('base64url');
}
