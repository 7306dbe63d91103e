import { randomBytes, randomUUID } from 'node:crypto';
import { readGroup, readSecrets, type Env } from '../../shared/env.ts';
import { GatewayError } from '../../shared/errors.ts';
import { UUID } from '../../shared/uuid.ts';

export const variables = ['SIGNALWIRE_PROJECT_ID', 'SIGNALWIRE_SIGNING_KEY'] as const;

export interface SignalWireSettings {
  /** A UUID. SignalWire calls it `AccountSid` in its requests. */
  readonly projectId: string;
  /** One, or two while one replaces the other; the first signs. */
  readonly signingKeys: readonly [string, ...string[]];
}

/** Null when none of the variables is set. Throws ERR_CONFIG_INVALID when one is missing or malformed. */
export function readSettings(env: Env): SignalWireSettings | null {
  const group = readGroup(env, variables);
  if (!group) return null;
  const projectId = group.SIGNALWIRE_PROJECT_ID;
  if (!UUID.test(projectId)) {
    throw new GatewayError('ERR_CONFIG_INVALID', 'SIGNALWIRE_PROJECT_ID must be a UUID in lower case');
  }
  const signingKeys = readSecrets('SIGNALWIRE_SIGNING_KEY', group.SIGNALWIRE_SIGNING_KEY);
  return { projectId, signingKeys };
}

/** Invented, in SignalWire's shape. */
export function inventCredentials(): Record<string, string> {
  return {
    SIGNALWIRE_PROJECT_ID: randomUUID(),
    SIGNALWIRE_SIGNING_KEY: `PSK_${randomBytes(16).toString('hex')}`,
  };
}
