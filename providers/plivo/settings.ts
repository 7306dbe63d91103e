import { randomBytes } from 'node:crypto';
import { readGroup, readSecrets, type Env } from '../../shared/env.ts';
import { GatewayError } from '../../shared/errors.ts';

export const variables = ['PLIVO_AUTH_ID', 'PLIVO_AUTH_TOKEN'] as const;

export interface PlivoSettings {
  /** `MA` (main account) or `SA` (sub-account) and 18 letters or digits. */
  readonly authId: string;
  /** One, or two while one replaces the other; the first signs. */
  readonly authTokens: readonly [string, ...string[]];
}

/** Null when none of the variables is set. Throws ERR_CONFIG_INVALID when one is missing or malformed. */
export function readSettings(env: Env): PlivoSettings | null {
  const group = readGroup(env, variables);
  if (!group) return null;
  const authId = group.PLIVO_AUTH_ID;
  if (!/^[MS]A[A-Z0-9]{18}$/.test(authId)) {
    throw new GatewayError(
      'ERR_CONFIG_INVALID',
      'PLIVO_AUTH_ID must be MA or SA and 18 capital letters or digits',
    );
  }
  return { authId, authTokens: readSecrets('PLIVO_AUTH_TOKEN', group.PLIVO_AUTH_TOKEN) };
}

/** Invented, in Plivo's shape. */
export function inventCredentials(): Record<string, string> {
  return {
    PLIVO_AUTH_ID: `MA${randomBytes(9).toString('hex').toUpperCase()}`,
    PLIVO_AUTH_TOKEN: randomBytes(30).toString('base64url'),
  };
}
