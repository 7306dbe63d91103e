import type { Env } from '../../shared/env.ts';
import { hashKey } from '../keys.ts';
import type { MasterSecret } from '../secrets.ts';
import type { Problems } from './problems.ts';

/** Bytes. Shorter secrets can be guessed. */
const MIN_SECRET_BYTES = 32;
/** Every secret is tried on every token, so a ring is short. */
const MAX_SECRETS = 4;

/** `k2:<base64url>,k1:<base64url>`; null when the variable is not set. */
export function readSecretRing(env: Env, problems: Problems): readonly MasterSecret[] | null {
  const text = env['HOOKSWITCH_SECRETS'];
  if (!text) return null;
  const entries = text.split(',');
  if (entries.length > MAX_SECRETS)
    problems.add('HOOKSWITCH_SECRETS', `holds more than ${MAX_SECRETS} secrets`);
  return entries.flatMap((entry, index) => readSecret(entry.trim(), index + 1, problems) ?? []);
}

function readSecret(entry: string, position: number, problems: Problems): MasterSecret | null {
  const [, kid = '', encoded = ''] = /^([a-z0-9]{1,16}):([A-Za-z0-9_-]+)={0,2}$/.exec(entry) ?? [];
  const key = Buffer.from(encoded, 'base64url');
  // Eight different bytes at least: what a keyboard or a placeholder makes has fewer.
  if (kid !== '' && key.length >= MIN_SECRET_BYTES && new Set(key).size >= 8) return { kid, key };
  problems.add(
    'HOOKSWITCH_SECRETS',
    `entry ${position} must be a key id, ":", and ${MIN_SECRET_BYTES} random bytes or more in base64url, ` +
      'such as k1:$(openssl rand -base64 32 | tr +/ -_ | tr -d =)',
  );
  return null;
}

/** SHA-256 of each key of a comma-separated list of `pk_…` (or `sk_…`) and `sha256:…`; null when not set. */
export function readKeys(
  name: string,
  prefix: 'pk_' | 'sk_',
  env: Env,
  problems: Problems,
): readonly string[] | null {
  const text = env[name];
  if (!text) return null;
  return text.split(',').flatMap((entry, index) => {
    const key = entry.trim();
    if (/^sha256:[0-9a-f]{64}$/.test(key)) return key.slice('sha256:'.length);
    if (new RegExp(`^${prefix}[A-Za-z0-9_-]{20,200}$`).test(key)) return hashKey(key);
    problems.add(
      name,
      `entry ${index + 1} must be ${prefix} and at least 20 of A-Z, a-z, 0-9, "_", "-", or sha256:<hex>`,
    );
    return [];
  });
}
