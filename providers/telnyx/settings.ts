import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readGroup, readSecrets, type Env } from '../../shared/env.ts';
import { GatewayError } from '../../shared/errors.ts';

export const variables = ['TELNYX_API_KEY', 'TELNYX_PUBLIC_KEY'] as const;

/** Of the account and of its TeXML application: for redirecting a call, and for calling out. */
export const options = ['TELNYX_ACCOUNT_SID', 'TELNYX_APPLICATION_ID', 'TELNYX_API_URL'] as const;

export interface TelnyxSettings {
  /** One, or two while one replaces the other; the first is used. */
  readonly apiKeys: readonly [string, ...string[]];
  /** Base64 of 32 bytes, Ed25519. One, or two while one replaces the other. */
  readonly publicKeys: readonly string[];
}

/** Null when none of the variables is set. Throws ERR_CONFIG_INVALID when one is missing or malformed. */
export function readSettings(env: Env): TelnyxSettings | null {
  const group = readGroup(env, variables);
  if (!group) return null;
  const apiKeys = readSecrets('TELNYX_API_KEY', group.TELNYX_API_KEY);
  const publicKeys = readSecrets('TELNYX_PUBLIC_KEY', group.TELNYX_PUBLIC_KEY);
  if (!publicKeys.every(isKey)) throw wrongKey('TELNYX_PUBLIC_KEY');
  return { apiKeys, publicKeys };
}

/** The seed of the private key, which only Telnyx has, and the simulator. Null when not set. Throws ERR_CONFIG_INVALID. */
export function readSeed(env: Env): Buffer | null {
  const seed = env['TELNYX_PRIVATE_KEY'];
  if (!seed) return null;
  if (!isKey(seed)) throw wrongKey('TELNYX_PRIVATE_KEY');
  return Buffer.from(seed, 'base64');
}

/** Invented, in Telnyx's shape: a key pair, and an API key that opens nothing. */
export function inventCredentials(): Record<string, string> {
  const { d = '', x = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  return {
    TELNYX_API_KEY: `KEY${randomBytes(16).toString('hex').toUpperCase()}`,
    TELNYX_PUBLIC_KEY: Buffer.from(x, 'base64url').toString('base64'),
    TELNYX_PRIVATE_KEY: Buffer.from(d, 'base64url').toString('base64'),
  };
}

function isKey(text: string): boolean {
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === 32 && bytes.toString('base64') === text;
}

function wrongKey(name: string): GatewayError {
  return new GatewayError(
    'ERR_CONFIG_INVALID',
    `${name} must be the base64 of 32 bytes, as the portal shows it`,
  );
}
