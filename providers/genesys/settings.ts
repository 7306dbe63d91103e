import { randomBytes, randomUUID } from 'node:crypto';
import { readGroup, readSecrets, type Env } from '../../shared/env.ts';
import { GatewayError } from '../../shared/errors.ts';
import { UUID } from '../../shared/uuid.ts';

export const variables = ['GENESYS_ORGANIZATION_ID', 'GENESYS_API_KEY', 'GENESYS_CLIENT_SECRET'] as const;

/** Bytes. Shorter secrets can be guessed. */
const MIN_SECRET_BYTES = 16;

export interface GenesysSettings {
  /** A UUID. */
  readonly organizationId: string;
  /** One, or two while one replaces the other; the first signs. */
  readonly apiKeys: readonly [string, ...string[]];
  /** Decoded; likewise. */
  readonly clientSecrets: readonly [Buffer, ...Buffer[]];
}

/** Null when none of the variables is set. Throws ERR_CONFIG_INVALID when one is missing or malformed. */
export function readSettings(env: Env): GenesysSettings | null {
  const group = readGroup(env, variables);
  if (!group) return null;
  const organizationId = group.GENESYS_ORGANIZATION_ID;
  if (!UUID.test(organizationId)) {
    throw new GatewayError('ERR_CONFIG_INVALID', 'GENESYS_ORGANIZATION_ID must be a UUID in lower case');
  }
  const apiKeys = readSecrets('GENESYS_API_KEY', group.GENESYS_API_KEY);
  if (!apiKeys.every((key) => /^[A-Za-z0-9+/=_.~-]+$/.test(key))) {
    throw new GatewayError(
      'ERR_CONFIG_INVALID',
      'GENESYS_API_KEY must be letters, digits and any of + / = _ . ~ -',
    );
  }
  const [first, ...rest] = readSecrets('GENESYS_CLIENT_SECRET', group.GENESYS_CLIENT_SECRET);
  return { organizationId, apiKeys, clientSecrets: [secretOf(first), ...rest.map(secretOf)] };
}

function secretOf(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length >= MIN_SECRET_BYTES && bytes.toString('base64') === text) return bytes;
  throw new GatewayError(
    'ERR_CONFIG_INVALID',
    `GENESYS_CLIENT_SECRET must be the base64 of ${MIN_SECRET_BYTES} bytes or more, such as $(openssl rand -base64 32)`,
  );
}

/** Invented, in Genesys' shape. */
export function inventCredentials(): Record<string, string> {
  return {
    GENESYS_ORGANIZATION_ID: randomUUID(),
    GENESYS_API_KEY: randomBytes(24).toString('base64url'),
    GENESYS_CLIENT_SECRET: randomBytes(32).toString('base64'),
  };
}
