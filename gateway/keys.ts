import { createHash } from 'node:crypto';
import { sameSecret } from '../shared/compare.ts';
import { GatewayError } from '../shared/errors.ts';
import type { Organization } from './agents.ts';

/** Lower-case hex. Keys have full entropy, so a plain hash is enough at rest. */
export function hashKey(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

/** The organisation whose key an `Authorization` header carries. Throws ERR_KEY_UNKNOWN. */
export type Authorize = (authorization: string | undefined) => string;

/** Takes the same time whichever key it was. A key of the other kind is an unknown one. */
export function keyRing(organizations: readonly Organization[], kind: 'public' | 'private'): Authorize {
  const keys = organizations.flatMap(({ name, publicKeys, privateKeys }) =>
    (kind === 'public' ? publicKeys : privateKeys).map((hash) => ({ name, hash })),
  );
  const example = kind === 'public' ? 'pk_…' : 'sk_…';
  return (authorization) => {
    const key = bearerOf(authorization);
    const given = hashKey(key ?? '');
    const [known] = keys.filter(({ hash }) => sameSecret(hash, given));
    if (key !== null && known) return known.name;
    throw new GatewayError(
      'ERR_KEY_UNKNOWN',
      `send a ${kind} key of this gateway as "Authorization: Bearer ${example}"`,
    );
  };
}

/** The key of an `Authorization: Bearer …` header. Null for every other scheme, spelling or repetition. */
export function bearerOf(authorization: string | undefined): string | null {
  return /^Bearer ([\u0021-\u007e]{1,512})$/.exec(authorization ?? '')?.[1] ?? null;
}
