import { randomBytes } from 'node:crypto';
import { readGroup, readSecrets, type Env } from '../../shared/env.ts';
import { GatewayError } from '../../shared/errors.ts';

export const variables = ['VONAGE_API_KEY', 'VONAGE_SIGNATURE_SECRET'] as const;

export interface VonageSettings {
  /** Of the account: signed webhooks name it. */
  readonly apiKey: string;
  /** One, or two while one replaces the other; the first signs in the simulator. */
  readonly signatureSecrets: readonly [string, ...string[]];
}

/** Null when none of the variables is set. Throws ERR_CONFIG_INVALID when one is missing or malformed. */
export function readSettings(env: Env): VonageSettings | null {
  const group = readGroup(env, variables);
  if (!group) return null;
  if (!/^[0-9A-Za-z]{4,64}$/.test(group.VONAGE_API_KEY)) {
    throw invalid('VONAGE_API_KEY must be letters and digits, as the dashboard shows it: such as "abcd1234"');
  }
  const signatureSecrets = readSecrets('VONAGE_SIGNATURE_SECRET', group.VONAGE_SIGNATURE_SECRET);
  return { apiKey: group.VONAGE_API_KEY, signatureSecrets };
}

/** Invented, in Vonage's shape. */
export function inventCredentials(): Record<string, string> {
  return {
    VONAGE_API_KEY: randomBytes(4).toString('hex'),
    VONAGE_SIGNATURE_SECRET: randomBytes(32).toString('base64url'),
  };
}

function invalid(message: string): GatewayError {
  return new GatewayError('ERR_CONFIG_INVALID', message);
}
