import { afterAll, beforeAll } from 'vitest';
import { describeSessionModel, type StoreProcess } from '../contract/session-store-model.ts';
import { testRedis, type TestRedis } from '../helpers/redis.ts';
import { mortalReplica, type MortalReplica } from './scene.ts';

let redis: TestRedis;

beforeAll(async () => {
  redis = await testRedis();
});
afterAll(() => redis.close());

describeSessionModel('replicas around one Redis', { runs: 10, steps: 60, timeout: 240_000 }, async () => {
  await redis.admin.flushAll();
  let time = 1_000_000;
  const all: MortalReplica[] = [];
  const born = async (): Promise<MortalReplica> => {
    const replica = await mortalReplica(redis, { now: () => time, maxPending: 4 });
    all.push(replica);
    return replica;
  };
  const process = async (): Promise<StoreProcess> => {
    let current = await born();
    return {
      get store() {
        return current.sessions;
      },
      async crash() {
        const dead = current;
        current = await born();
        await dead.die();
      },
    };
  };
  return {
    processes: [await process(), await process()],
    now: () => time,
    wait: (ms) => {
      time += ms;
    },
    close: async () => {
      for (const { sessions } of all) await sessions.close();
    },
  };
});
