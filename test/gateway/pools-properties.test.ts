import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { defaultLimits } from '../../gateway/limits.ts';
import { memoryStore } from '../../gateway/sessions/memory.ts';
import { testBot, type TestBot } from '../helpers/bot.ts';
import type { Client } from '../helpers/client.ts';
import { testGateway, type TestGateway } from '../helpers/gateway.ts';
import { agentWith, call, callsAt } from './pools-scene.ts';

let bots: TestBot[];

beforeAll(async () => {
  bots = await Promise.all(Array.from({ length: 4 }, () => testBot()));
});
afterAll(async () => {
  await Promise.all(bots.map((bot) => bot.close()));
});

/** Two gateways and one store. Calls are placed in bursts, and end in any order. */
interface Scene {
  readonly gateways: readonly TestGateway[];
  readonly room: number;
  readonly perBot: number;
  readonly used: readonly TestBot[];
  live: Client[];
}

/** A burst: those for whom there is room are answered, all others refused, and no bot has more than it may. */
async function burst(scene: Scene, size: number): Promise<void> {
  const placed = await Promise.allSettled(
    Array.from({ length: size }, (_, index) => {
      const gateway = scene.gateways[index % scene.gateways.length];
      if (!gateway) throw new TypeError('there are two');
      return call(gateway);
    }),
  );
  const answered = placed.filter((outcome) => outcome.status === 'fulfilled').map(({ value }) => value);
  expect(answered).toHaveLength(Math.min(size, scene.room - scene.live.length));
  scene.live.push(...answered);
  const loads = scene.used.map(callsAt);
  expect(Math.max(...loads)).toBeLessThanOrEqual(scene.perBot);
  expect(loads.reduce((sum, load) => sum + load, 0)).toBe(scene.live.length);
}

async function hangUp(scene: Scene, picks: readonly number[]): Promise<void> {
  for (const pick of picks) {
    if (scene.live.length === 0) break;
    const [leaving] = scene.live.splice(pick % scene.live.length, 1);
    leaving?.socket.close(1000);
  }
  const { store } = scene.gateways[0] ?? {};
  await expect
    .poll(async () => (await store?.count('local', 'a'))?.live, { interval: 2 })
    .toBe(scene.live.length);
  await expect
    .poll(() => scene.used.map(callsAt).reduce((sum, load) => sum + load, 0), { interval: 2 })
    .toBe(scene.live.length);
}

test(
  'no bot ever has more than it may, and no call is refused while a bot is free',
  { timeout: 60_000 },
  async () => {
    const step = fc.record({
      size: fc.integer({ min: 0, max: 6 }),
      leaving: fc.array(fc.nat(), { maxLength: 6 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 4 }),
        fc.integer({ min: 1, max: 3 }),
        fc.array(step, { minLength: 1, maxLength: 5 }),
        async (count, perBot, steps) => {
          const used = bots.slice(0, count);
          const store = memoryStore(defaultLimits, Date.now);
          const agents = {
            a: agentWith(
              used.map(({ url }) => url),
              `max_sessions = ${perBot}`,
            ),
          };
          const gateways = await Promise.all([1, 2].map(() => testGateway({ agents, store: () => store })));
          const scene: Scene = { gateways, room: count * perBot, perBot, used, live: [] };
          try {
            for (const { size, leaving } of steps) {
              await burst(scene, size);
              await hangUp(scene, leaving);
            }
          } finally {
            await hangUp(
              scene,
              scene.live.map(() => 0),
            );
            await Promise.all(gateways.map((gateway) => gateway.close()));
          }
        },
      ),
      { numRuns: 25 },
    );
  },
);
