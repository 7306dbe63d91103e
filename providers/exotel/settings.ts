import { randomBytes } from 'node:crypto';
import { readGroup, type Env } from '../../shared/env.ts';
import { GatewayError } from '../../shared/errors.ts';

export const variables = ['EXOTEL_ACCOUNT_SID'] as const;

export interface ExotelSettings {
  /** What Exotel writes as `account_sid` in `start`; a name such as `acme1`. */
  readonly accountSid: string;
}

/** Null when the variable is not set. Throws ERR_CONFIG_INVALID when it is malformed. */
export function readSettings(env: Env): ExotelSettings | null {
  // Set and empty is a mistake: a configuration that names the variable wants the carrier.
  if (env['EXOTEL_ACCOUNT_SID'] === undefined) return null;
  const accountSid = readGroup(env, variables)?.EXOTEL_ACCOUNT_SID ?? '';
  if (!/^[A-Za-z0-9_-]{1,128}$/.test(accountSid)) {
    throw new GatewayError(
      'ERR_CONFIG_INVALID',
      'EXOTEL_ACCOUNT_SID must be letters, digits, "_" or "-", as Exotel\'s API settings show it',
    );
  }
  return { accountSid };
}

/** Invented, in Exotel's shape. */
export function inventCredentials(): Record<string, string> {
  return { EXOTEL_ACCOUNT_SID: `demo${randomBytes(4).toString('hex')}` };
}
