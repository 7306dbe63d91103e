import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { RedisState } from '../../gateway/sessions/redis/open.ts';
import type { Session } from '../../gateway/sessions/store.ts';
import { testRedis, type TestRedis } from '../helpers/redis.ts';
import { asHookswitch, leastRights, open } from './scene.ts';

let redis: TestRedis;
let replicas: [RedisState, RedisState];

beforeAll(async () => {
  redis = await testRedis({ args: leastRights });
});
afterAll(() => redis.close());
beforeEach(async () => {
  await redis.admin.flushAll();
  const patient = { timeout: 10_000 };
  replicas = [await open(asHookswitch(redis), patient), await open(asHookswitch(redis), patient)];
});
afterEach(async () => {
  for (const { sessions } of replicas) await sessions.close();
});

function session(): Session {
  const id = randomUUID();
  const createdAt = Date.now();
  return { id, agent: 'a', organization: 'o', provider: 'generic', call: null, body: null, createdAt };
}

async function issue(count: number): Promise<string[]> {
  const keys = Array.from({ length: count }, () => randomUUID());
  for (let at = 0; at < count; at += 500) {
    const some = keys.slice(at, at + 500);
    await Promise.all(
      some.map((key, index) => store(index).issue(session(), { key, expiresAt: Date.now() + 300_000 }, null)),
    );
  }
  return keys;
}

function store(index: number): RedisState['sessions'] {
  const [first, second] = replicas;
  return (index % 2 === 0 ? first : second).sessions;
}

describe('a token is used once, at whichever replica', () => {
  test('of 1,000 who come at once with one token', async () => {
    const [key = ''] = await issue(1);
    const taken = await Promise.all(Array.from({ length: 1000 }, (_, racer) => store(racer).take(key)));
    expect(taken.filter((session_) => session_ !== null)).toHaveLength(1);
    expect(await store(0).count('o', 'a')).toEqual({ live: 1, reserved: 0 });
  });

  test('of eight for each of 10,000 tokens', async () => {
    const keys = await issue(10_000);
    const wins = new Map<string, number>();
    for (let at = 0; at < keys.length; at += 250) {
      const some = keys.slice(at, at + 250).flatMap((key) => Array<string>(8).fill(key));
      await Promise.all(
        some.map(async (key, racer) => {
          // Racers of one token sit at both replicas.
          if (await store(racer).take(key)) wins.set(key, (wins.get(key) ?? 0) + 1);
        }),
      );
    }
    expect([...wins.values()].filter((count) => count !== 1)).toEqual([]);
    expect(wins.size).toBe(10_000);
    expect(await store(1).count('o', 'a')).toEqual({ live: 10_000, reserved: 0 });
  });

  test('and the last places of an agent go to as many as there are', async () => {
    const results = await Promise.allSettled(
      Array.from({ length: 200 }, (_, index) => store(index).open(session(), 25)),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(25);
    expect(await store(0).count('o', 'a')).toEqual({ live: 25, reserved: 0 });
  });
});

describe.each([
  ['keeps nothing on disk', [], false],
  ['writes everything to disk', ['--appendonly', 'yes', '--appendfsync', 'always'], true],
])('after a restart of a Redis that %s', (_, args, survives) => {
  test('used tokens stay dead, and those that were issued are good only where they are still there', async () => {
    const own = await testRedis({ args: [...leastRights, ...args] });
    const { sessions } = await open(asHookswitch(own));
    const ticket = (): { key: string; expiresAt: number } => ({
      key: randomUUID(),
      expiresAt: Date.now() + 300_000,
    });
    const [used, unused] = [ticket(), ticket()];
    await sessions.issue(session(), used, null);
    await sessions.issue(session(), unused, null);
    expect(await sessions.take(used.key)).not.toBeNull();
    await own.restart();
    await expect
      .poll(
        () =>
          sessions.ping().then(
            () => true,
            () => false,
          ),
        { timeout: 5000 },
      )
      .toBe(true);
    expect(await sessions.take(used.key)).toBeNull();
    expect((await sessions.take(unused.key)) !== null).toBe(survives);
    await sessions.close();
    await own.close();
  });
});
