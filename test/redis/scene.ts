import { setTimeout as sleep } from 'node:timers/promises';
import { createLog, maskSecrets, type Log } from '../../gateway/log.ts';
import { openRedis, type RedisState } from '../../gateway/sessions/redis/open.ts';
import { readRedisUrl } from '../../gateway/sessions/redis/target.ts';
import type { MasterSecret } from '../../gateway/secrets.ts';
import { testGateway, type TestGateway, type TestGatewayOptions } from '../helpers/gateway.ts';
import { printed } from '../helpers/leaks.ts';
import type { TestRedis } from '../helpers/redis.ts';
import { rights } from '../helpers/redis-user.ts';

export { asHookswitch, leastRights } from '../helpers/redis-user.ts';

const kid = 'k1';
const key = Buffer.from(Array.from({ length: 32 }, (_, index) => index * 5 + 1));
export const secrets: readonly MasterSecret[] = [{ kid, key }];

export const quiet: Log = createLog({ write: (line: string) => printed(line.trimEnd()) }, maskSecrets([]));

export interface OpenOptions {
  readonly now?: () => number;
  readonly maxPending?: number;
  readonly maxHistory?: number;
  /** Milliseconds; short, so that nobody waits for a quarter of a minute. */
  readonly beat?: number;
  readonly log?: Log;
  /** Milliseconds. */
  readonly timeout?: number;
}

/** A replica's way to Redis. */
export function open(url: string, options: OpenOptions = {}): Promise<RedisState> {
  const { now = Date.now, maxPending = 10_000, maxHistory = 100, log = quiet, ...rest } = options;
  const target = readRedisUrl(url);
  if (!target) throw new TypeError('a test has a Redis URL');
  return openRedis({ target, secrets, limits: { maxPending, maxHistory }, log, now, ...rest });
}

/** A whole gateway that keeps its sessions in Redis. Those of one test share their secrets, as replicas do. */
export async function replica(
  url: string,
  options: TestGatewayOptions,
  open_: OpenOptions = {},
): Promise<TestGateway> {
  const { sessions, answers } = await open(url, { ...open_, ...(options.now && { now: options.now }) });
  return testGateway({
    ...options,
    env: { HOOKSWITCH_SECRETS: `${kid}:${key.toString('base64url')}`, ...options.env },
    store: () => sessions,
    answers,
  });
}

/** A replica that can be cut off from Redis for ever: to everybody else it is dead, and it has said no word. */
export interface MortalReplica extends RedisState {
  /** Resolves when the others have noticed: nothing is counted for it any more. */
  die(): Promise<void>;
}

let users = 0;

/** `beat`: milliseconds; three of them without a sign of life, and two more, and a replica is buried. */
export async function mortalReplica(redis: TestRedis, options: OpenOptions = {}): Promise<MortalReplica> {
  const { admin, port } = redis;
  const user = `replica${(users += 1)}`;
  await admin.sendCommand([
    'ACL',
    'SETUSER',
    user,
    'reset',
    'on',
    '>test',
    ...rights.filter((word) => word !== 'on'),
  ]);
  const before = await admin.sMembers('hs:replicas');
  const state = await open(`redis://${user}:test@127.0.0.1:${port}`, {
    beat: 200,
    timeout: 1000,
    ...options,
  });
  const name = async (): Promise<string | undefined> =>
    (await admin.sMembers('hs:replicas')).find((one) => !before.includes(one));
  let mine = await name();
  for (; mine === undefined; mine = await name()) await sleep(10);
  const known = mine;
  return {
    ...state,
    async die() {
      await admin.sendCommand(['ACL', 'SETUSER', user, 'off']);
      await admin.sendCommand(['CLIENT', 'KILL', 'USER', user]);
      while ((await admin.sIsMember('hs:replicas', known)) === 1) await sleep(10);
    },
  };
}
