/** Which Redis. */
export interface RedisTarget {
  /** Tried in turn; of several, the one that says it is the primary is used. At least one. */
  readonly hosts: readonly { readonly host: string; readonly port: number }[];
  readonly username: string | null;
  readonly password: string | null;
  readonly database: number;
  readonly tls: boolean;
}

/**
 * Reads `redis[s]://[user[:password]@]host[:port][,host[:port]…][/database]`
 * (https://www.iana.org/assignments/uri-schemes/prov/redis, read 2026-11-21; several hosts are ours). Null for anything
 * else: the text may hold a password, so nobody says what was wrong with it by showing it.
 */
export function readRedisUrl(text: string): RedisTarget | null {
  const [, scheme, user, places = '', database = '0'] =
    /^(rediss?):\/\/(?:([^@/]*)@)?([^@/?#]+)(?:\/(\d{1,5})?)?$/.exec(text) ?? [];
  const hosts = places.split(',').map(readHost);
  const credentials = readUser(user ?? '');
  if (scheme === undefined || !credentials || !hosts.every((place) => place !== null)) return null;
  return { ...credentials, hosts, database: Number(database), tls: scheme === 'rediss' };
}

/** Percent-encoded, as in every URL. */
function readUser(text: string): Pick<RedisTarget, 'username' | 'password'> | null {
  const [, username = '', password = ''] = /^([^:]*):?(.*)$/s.exec(text) ?? [];
  try {
    return { username: decodeURIComponent(username) || null, password: decodeURIComponent(password) || null };
  } catch {
    return null;
  }
}

function readHost(text: string): { host: string; port: number } | null {
  const [, host = '', port = '6379'] = /^(\[[0-9a-f:]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?$/i.exec(text) ?? [];
  if (host === '' || Number(port) > 65_535 || Number(port) === 0) return null;
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) };
}
