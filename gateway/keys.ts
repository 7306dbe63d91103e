import { createHash } from 'node:crypto';
import { sameSecret } from '../shared/compare.ts';
import type { Organization } from './agents.ts';

/** Lower-case hex. Keys have full entropy, so a plain hash is enough at rest. */
export function hashKey(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

/** The organisation that a public key belongs to, or null. Takes the same time whichever key it was. */
export function publicKeyRing(organizations: readonly Organization[]): (key: string) => string | null {
  const keys = organizations.flatMap(({ name, publicKeys }) => publicKeys.map((hash) => ({ name, hash })));
  return (key) => {
    const given = hashKey(key);
    return keys.filter(({ hash }) => sameSecret(hash, given))[0]?.name ?? null;
  };
}

/** The key of an `Authorization: Bearer …` header. Null for every other scheme, spelling or repetition. */
export function bearerOf(authorization: string | undefined): string | null {
  return /^Bearer ([\u0021-\u007e]{1,512})$/.exec(authorization ?? '')?.[1] ?? null;
}
