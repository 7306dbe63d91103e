import type { Env } from '../../shared/env.ts';
import { hashKey } from '../keys.ts';
import type { MasterSecret } from '../secrets.ts';
import { isSecretShape } from '../stream-secrets.ts';
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

/** SHA-256 of static secrets, by the service host of their agent. */
export type StreamSecrets = ReadonlyMap<string, readonly string[]>;

/**
 * `support=ss_…,support=sha256:<hex>,sales.acme=ss_…`: an agent of the first organisation, or a service host, and one of the
 * secrets under which carriers without a webhook open its streams. An agent may have several: one is being replaced.
 */
export function readStreamSecrets(env: Env, organization: string, problems: Problems): StreamSecrets {
  const text = env['HOOKSWITCH_STREAM_SECRETS'];
  const found = new Map<string, readonly string[]>();
  if (!text) return found;
  for (const [index, entry] of text.split(',').entries()) {
    const read = readStreamSecret(entry.trim(), organization);
    if (read) found.set(read.host, [...(found.get(read.host) ?? []), read.hash]);
    else {
      problems.add(
        'HOOKSWITCH_STREAM_SECRETS',
        `entry ${index + 1} must be an agent, "=", and 22 to 256 random characters of A-Z, a-z, 0-9, "_", "-" ` +
          '(or sha256:<hex> of them), such as support=ss_$(openssl rand -hex 32)',
      );
    }
  }
  return found;
}

function readStreamSecret(entry: string, organization: string): { host: string; hash: string } | null {
  const [, agent = '', secret = ''] = /^([a-z0-9.-]+)=(.*)$/.exec(entry) ?? [];
  const host = agent.includes('.') ? agent : `${agent}.${organization}`;
  if (agent === '') return null;
  if (/^sha256:[0-9a-f]{64}$/.test(secret)) return { host, hash: secret.slice('sha256:'.length) };
  return isSecretShape(secret) ? { host, hash: hashKey(secret) } : null;
}
