import { randomBytes } from 'node:crypto';
import { ErrorReply } from '@redis/client';
import { maskedStore } from '../../gateway/config/store.ts';
import { clientOf, inTime, PATIENCE, type RedisClient } from '../../gateway/sessions/redis/link.ts';
import type { RedisTarget } from '../../gateway/sessions/redis/target.ts';
import { failed, ok, reasonOf, skipped, warning, type Finding, type Findings } from './finding.ts';

const CHECK = 'Redis';

/** Reach, rights, and whether it keeps what it is told. */
export async function* checkRedis(store: RedisTarget): Findings {
  const found = await primaryOf(store);
  if ('failure' in found) {
    yield failed(
      CHECK,
      `${maskedStore(store)}: ${found.failure}`,
      'start it, and check store or REDIS_URL: host, port, user, password',
    );
    return;
  }
  const { client } = found;
  try {
    yield await checkRights(client, maskedStore(store));
    yield await checkEviction(client);
    yield await checkPersistence(client);
  } catch (error) {
    yield failed(CHECK, `stopped answering: ${reasonOf(error)}`, 'look into its log');
  } finally {
    if (client.isOpen) client.destroy();
  }
}

/** The first host that says it is the primary, as the gateway chooses it. */
async function primaryOf(store: RedisTarget): Promise<{ client: RedisClient } | { failure: string }> {
  let failure = 'none of its hosts is a primary';
  for (const attempt of store.hosts.keys()) {
    const client = clientOf(store, attempt);
    let broken: unknown = null; // says more than the time that is over
    client.on('error', (error: unknown) => (broken ??= error));
    try {
      if ((await inTime(roleOf(client), PATIENCE)) === 'master') return { client };
    } catch (error) {
      failure = replyOr(broken ?? error);
    }
    if (client.isOpen) client.destroy();
  }
  return { failure };
}

async function roleOf(client: RedisClient): Promise<unknown> {
  await client.connect();
  const { role } = await client.hello(3);
  return role;
}

/** Of a reply only the word that names it: WRONGPASS, NOAUTH, LOADING. */
function replyOr(error: unknown): string {
  return error instanceof ErrorReply ? error.message.split(' ', 1).join() : reasonOf(error);
}

/** Every command that the gateway uses, on keys of this check alone, which are gone after a second. */
async function checkRights(client: RedisClient, where: string): Promise<Finding> {
  const key = (kind: string): string => `hs:doctor:${kind}:${nonce}`;
  const nonce = randomBytes(8).toString('hex');
  const uses: Readonly<Record<string, () => Promise<unknown>>> = {
    ping: () => client.ping(),
    set: () => client.set(key('text'), '1', { expiration: { type: 'PX', value: 1000 } }),
    get: () => client.get(key('text')),
    mget: () => client.mGet([key('text')]),
    getdel: () => client.getDel(key('text')),
    sadd: () => client.sAdd(key('set'), 'a'),
    pexpire: () => client.pExpire(key('set'), 1000),
    scard: () => client.sCard(key('set')),
    smembers: () => client.sMembers(key('set')),
    srem: () => client.sRem(key('set'), 'a'),
    hset: () => client.hSet(key('hash'), 'a', '1'),
    hgetall: () => client.hGetAll(key('hash')),
    hdel: () => client.hDel(key('hash'), 'a'),
    zadd: () => client.zAdd(key('sorted'), { score: 1, value: 'a' }),
    zcard: () => client.zCard(key('sorted')),
    zrangebyscore: () => client.zRangeByScore(key('sorted'), 0, 2),
    zremrangebyscore: () => client.zRemRangeByScore(key('sorted'), 5, 6),
    zrem: () => client.zRem(key('sorted'), 'b'),
    zpopmin: () => client.zPopMin(key('sorted')),
    publish: () => client.publish(key('channel'), ''),
    'multi/exec': () => client.multi().del(key('text')).exec(),
    del: () => client.del([key('text'), key('set'), key('hash'), key('sorted')]),
  };
  const refused: string[] = [];
  for (const [command, use] of Object.entries(uses)) {
    try {
      await use();
    } catch (error) {
      if (!(error instanceof ErrorReply)) throw error;
      refused.push(`${command} (${replyOr(error)})`);
    }
  }
  if (refused.length === 0) return ok(CHECK, `${where} answers, and may be asked for all that is needed`);
  return failed(
    CHECK,
    `refuses ${refused.join(', ')}`,
    'give the user the rights of docs/redis.md; READONLY and OOM are the server’s own state',
  );
}

async function checkEviction(client: RedisClient): Promise<Finding> {
  const check = 'Redis eviction';
  const settings = await settingsOf(client, ['maxmemory', 'maxmemory-policy']);
  if (!settings) return skipped(check, 'this user may not ask for it: see to maxmemory-policy noeviction');
  const { maxmemory = '0', 'maxmemory-policy': policy = '' } = settings;
  if (policy === 'noeviction') return ok(check, 'maxmemory-policy is noeviction');
  const cure = 'set maxmemory-policy noeviction: an evicted ticket is a caller refused';
  if (maxmemory === '0')
    return warning(check, `maxmemory-policy is ${policy}, without effect while maxmemory is 0`, cure);
  return failed(check, `maxmemory-policy is ${policy}`, cure);
}

async function checkPersistence(client: RedisClient): Promise<Finding> {
  const check = 'Redis persistence';
  const settings = await settingsOf(client, ['appendonly', 'appendfsync']);
  if (!settings)
    return skipped(check, 'this user may not ask for it: see docs/redis.md for what a restart leaves');
  const { appendonly, appendfsync } = settings;
  if (appendonly !== 'yes')
    return ok(
      check,
      'nothing is written to disk: a restart refuses the sessions that wait, and no token comes back',
    );
  if (appendfsync === 'always') return ok(check, 'every change is written to disk');
  return warning(
    check,
    `appendfsync is ${appendfsync}: after a crash, tokens used in the last second may be good again`,
    'set appendfsync always, or appendonly no',
  );
}

/** Null where the user may not ask. */
async function settingsOf(client: RedisClient, names: string[]): Promise<Record<string, string> | null> {
  try {
    return await client.configGet(names);
  } catch (error) {
    if (error instanceof ErrorReply) return null;
    throw error;
  }
}
