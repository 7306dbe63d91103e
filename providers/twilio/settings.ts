import { randomBytes } from 'node:crypto';
import { readGroup, readSecrets, type Env } from '../../shared/env.ts';
import { GatewayError } from '../../shared/errors.ts';

export const variables = ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN'] as const;

export interface TwilioSettings {
  /** `AC` and 32 hex digits. */
  readonly accountSid: string;
  /** One, or two while one replaces the other; the first signs. */
  readonly authTokens: readonly [string, ...string[]];
}

/** Null when none of the variables is set. Throws ERR_CONFIG_INVALID when one is missing or malformed. */
export function readSettings(env: Env): TwilioSettings | null {
  const group = readGroup(env, variables);
  if (!group) return null;
  const accountSid = group.TWILIO_ACCOUNT_SID;
  if (!/^AC[0-9a-f]{32}$/.test(accountSid)) {
    throw new GatewayError(
      'ERR_CONFIG_INVALID',
      'TWILIO_ACCOUNT_SID must be AC and 32 lower-case hex digits',
    );
  }
  return { accountSid, authTokens: readSecrets('TWILIO_AUTH_TOKEN', group.TWILIO_AUTH_TOKEN) };
}

/** Invented, in Twilio's shape. */
export function inventCredentials(): Record<string, string> {
  return {
    TWILIO_ACCOUNT_SID: `AC${randomBytes(16).toString('hex')}`,
    TWILIO_AUTH_TOKEN: randomBytes(16).toString('hex'),
  };
}
