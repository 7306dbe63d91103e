/** A gateway's token where it is a segment of a path. */
const PATH_TOKEN = /\/([A-Za-z0-9_-]{60,400}\.[A-Za-z0-9_-]{43})(?:\/|$)/;

/**
 * What a dial proves its right with: `Authorization`, `?token=`, a token in the path, a password in the URL. Taken to be good
 * for one connection: a gateway's are, and nobody can tell another one's. Null for none.
 */
export function tokenOf(url: URL, headers: Readonly<Record<string, string>>): string | null {
  const authorization = Object.entries(headers).find(([name]) => name.toLowerCase() === 'authorization');
  const found = [
    authorization?.[1],
    url.searchParams.get('token'),
    PATH_TOKEN.exec(url.pathname)?.[1],
    url.password,
  ].filter((part) => part);
  return found.length === 0 ? null : found.join('\n');
}
