import { randomBytes } from 'node:crypto';
import { readGroup, readSecrets, type Env } from '../../shared/env.ts';
import { GatewayError } from '../../shared/errors.ts';

export const variables = ['VOBIZ_AUTH_ID', 'VOBIZ_AUTH_TOKEN'] as const;

export interface VobizSettings {
  /** `MA_…` (main account) or `SA_…` (sub-account). */
  readonly authId: string;
  /** One, or two while one replaces the other; the first signs. */
  readonly authTokens: readonly [string, ...string[]];
}

/** Null when none of the variables is set. Throws ERR_CONFIG_INVALID when one is missing or malformed. */
export function readSettings(env: Env): VobizSettings | null {
  const group = readGroup(env, variables);
  if (!group) return null;
  const authId = group.VOBIZ_AUTH_ID;
  if (!/^[MS]A_[A-Za-z0-9]{1,64}$/.test(authId)) {
    throw new GatewayError('ERR_CONFIG_INVALID', 'VOBIZ_AUTH_ID must be MA_ or SA_ and letters or digits');
  }
  return { authId, authTokens: readSecrets('VOBIZ_AUTH_TOKEN', group.VOBIZ_AUTH_TOKEN) };
}

/** Invented, in Vobiz's shape. */
export function inventCredentials(): Record<string, string> {
  return {
    VOBIZ_AUTH_ID: `MA_${randomBytes(4).toString('hex').toUpperCase()}`,
    VOBIZ_AUTH_TOKEN: randomBytes(30).toString('base64url'),
  };
}
