import { GatewayError } from './errors.ts';

/** Variables by name. `process.env`, a Twilio Function's `context` and a Worker's `env` all fit. */
export type Env = Readonly<Record<string, string | undefined>>;

/** All of `names`, or null when none is set. A half-set group is a mistake worth stopping for. */
export function readGroup<Name extends string>(
  env: Env,
  names: readonly Name[],
): Record<Name, string> | null {
  const missing = names.filter((name) => !env[name]);
  if (missing.length === names.length) return null;
  if (missing.length > 0) {
    const set = names.filter((name) => env[name]);
    throw new GatewayError(
      'ERR_CONFIG_INVALID',
      `${set.join(', ')} is set but ${missing.join(', ')} is missing or empty: set all of them, or none`,
    );
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- fromEntries forgets the names just checked
  return Object.fromEntries(names.map((name) => [name, env[name]])) as Record<Name, string>;
}

/**
 * One or two comma-separated secrets: two while one replaces the other, the first of which signs. Throws ERR_CONFIG_INVALID
 * for any other number, and for what is no key of any carrier.
 */
export function readSecrets(name: string, value: string): readonly [string, ...string[]] {
  const [first = '', ...rest] = value.split(',').map((secret) => secret.trim());
  if (rest.length > 1 || first === '' || rest.includes('')) {
    throw new GatewayError('ERR_CONFIG_INVALID', `${name} must hold one secret, or two separated by a comma`);
  }
  if (![first, ...rest].every((secret) => /^[\x21-\x7e]{1,256}$/.test(secret))) {
    throw new GatewayError('ERR_CONFIG_INVALID', `${name} must be printable characters without spaces`);
  }
  return [first, ...rest];
}
