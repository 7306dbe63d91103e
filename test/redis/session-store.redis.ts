import { afterAll, beforeAll } from 'vitest';
import { describeSessionStore } from '../contract/session-store.ts';
import { testRedis, type TestRedis } from '../helpers/redis.ts';
import { asHookswitch, leastRights, open } from './scene.ts';

let redis: TestRedis;

beforeAll(async () => {
  redis = await testRedis({ args: leastRights });
});
afterAll(() => redis.close());

describeSessionStore('Redis, with the least rights', async () => {
  await redis.admin.flushAll();
  let time = 1_000_000;
  const now = (): number => time;
  const { sessions } = await open(asHookswitch(redis), { now, maxPending: 4, maxHistory: 10 });
  return {
    store: sessions,
    countsBytes: false,
    now,
    wait: (ms) => {
      time += ms;
    },
    close: () => sessions.close(),
  };
});
