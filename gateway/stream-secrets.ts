import { sameSecret } from '../shared/compare.ts';
import { hashKey } from './keys.ts';

/** 22 of these are 128 bits, when they are random. */
const SHAPE = /^[A-Za-z0-9_-]{22,256}$/;

/** Could this be a static secret? What it is made of nobody can tell, how long it is everybody can. */
export function isSecretShape(text: string): boolean {
  return SHAPE.test(text);
}

/**
 * Is this one of an agent's static secrets, which stand in the path where others have a one-time token? `hashes`: SHA-256,
 * lower-case hex. Takes the same time whichever it was, and whether it was one.
 */
export function isStreamSecret(given: string | null, hashes: readonly string[]): boolean {
  const hash = hashKey(given ?? '');
  const known = hashes.filter((candidate) => sameSecret(candidate, hash));
  return given !== null && isSecretShape(given) && known.length > 0;
}
