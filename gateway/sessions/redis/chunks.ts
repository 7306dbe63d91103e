/** Things that one command, or one batch of them, names: it takes Redis under a millisecond. */
const CHUNK = 200;

export function* chunks<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < all.length; at += CHUNK) yield all.slice(at, at + CHUNK);
}
