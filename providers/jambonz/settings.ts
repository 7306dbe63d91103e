import { randomBytes, randomUUID } from 'node:crypto';
import { readGroup, readSecrets, type Env } from '../../shared/env.ts';
import { GatewayError } from '../../shared/errors.ts';
import { UUID } from '../../shared/uuid.ts';

export const variables = ['JAMBONZ_ACCOUNT_SID', 'JAMBONZ_WEBHOOK_SECRET'] as const;

export interface JambonzSettings {
  readonly accountSid: string;
  /** One, or two while one replaces the other; the first signs in the simulator. */
  readonly webhookSecrets: readonly [string, ...string[]];
}

/** Null when none of the variables is set. Throws ERR_CONFIG_INVALID when one is missing or malformed. */
export function readSettings(env: Env): JambonzSettings | null {
  const group = readGroup(env, variables);
  if (!group) return null;
  if (!UUID.test(group.JAMBONZ_ACCOUNT_SID)) {
    throw new GatewayError(
      'ERR_CONFIG_INVALID',
      'JAMBONZ_ACCOUNT_SID must be a UUID, as the portal shows it under Account',
    );
  }
  const webhookSecrets = readSecrets('JAMBONZ_WEBHOOK_SECRET', group.JAMBONZ_WEBHOOK_SECRET);
  return { accountSid: group.JAMBONZ_ACCOUNT_SID, webhookSecrets };
}

/** Invented, in Jambonz's shape. */
export function inventCredentials(): Record<string, string> {
  return {
    JAMBONZ_ACCOUNT_SID: randomUUID(),
    JAMBONZ_WEBHOOK_SECRET: `wh_secret_${randomBytes(16).toString('base64url')}`,
  };
}
