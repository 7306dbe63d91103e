import type { Env } from '../../shared/env.ts';
import { readRedisUrl, type RedisTarget } from '../sessions/redis/target.ts';
import type { Problems } from './problems.ts';
import type { ConfigFile } from './schema.ts';

/** Where the sessions are kept: null is the memory of this process. REDIS_URL overrides the file. */
export function readStore(file: ConfigFile, env: Env, found: Problems): RedisTarget | null {
  const given = env['REDIS_URL'] || file.store;
  if (given === 'memory:') return null;
  const target = readRedisUrl(given);
  if (!target) {
    found.add(
      env['REDIS_URL'] ? 'REDIS_URL' : 'store',
      'must be "memory:" or redis://user:password@host:6379/0 (rediss:// for TLS; several hosts with commas; ' +
        'percent-encode what is special in a password)',
    );
  }
  return target;
}

/** As it may be shown. */
export function maskedStore(store: RedisTarget | null): string {
  if (store === null) return 'memory:';
  const { hosts, username, password, database, tls } = store;
  const user =
    username === null && password === null ? '' : `${username ?? ''}${password === null ? '' : ':***'}@`;
  const places = hosts.map(({ host, port }) =>
    host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`,
  );
  return `redis${tls ? 's' : ''}://${user}${places.join(',')}/${database}`;
}

/** The password, as it is and as it stands in a URL. */
export function storeSecrets(store: RedisTarget | null): string[] {
  return store?.password ? [store.password, encodeURIComponent(store.password)] : [];
}
