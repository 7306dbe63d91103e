import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Agent } from '../../gateway/agents.ts';
import { DIAL_PATIENCE, DISCOVERY_INTERVAL, WAIT_STEP } from '../../gateway/limits.ts';
import { botPools } from '../../gateway/pools/pools.ts';
import { knock } from '../helpers/client.ts';
import { freePort } from '../helpers/bot.ts';
import { agentWith, botOfTest, call, carrierCall, gatewayOfTest } from './pools-scene.ts';

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('a call that waits', () => {
  test('looks for a bot every quarter of a second, and once more when its time is over', async () => {
    const bot = await botOfTest();
    let asked = 0;
    const gateway = await gatewayOfTest(agentWith([bot.url], 'max_sessions = 1, wait = 0.6'), {
      store: (memory) => ({
        ...memory,
        seat: (...args) => {
          asked += 1;
          return memory.seat(...args);
        },
      }),
    });
    await call(gateway);
    asked = 0;
    const { wsUrl, token } = await gateway.start('a');
    expect((await knock(`${wsUrl}/${token}`)).status).toBe(503);
    expect(asked).toBeLessThanOrEqual(2 + Math.floor(600 / WAIT_STEP));
    expect(asked).toBeGreaterThanOrEqual(2);
  });

  test('is over in the very moment its caller leaves, not at the next look', async () => {
    const bot = await botOfTest();
    let looked: () => void = () => {};
    let [left, over] = [0, 0];
    const gateway = await gatewayOfTest(agentWith([bot.url], 'max_sessions = 1, wait = 60'), {
      store: (memory) => ({
        ...memory,
        async seat(...args) {
          const seat = await memory.seat(...args);
          if (seat === null) setTimeout(looked, 1);
          return seat;
        },
        end(...args) {
          over = performance.now();
          return memory.end(...args);
        },
      }),
    });
    await call(gateway);
    const lasted: number[] = [];
    for (let turn = 0; turn < 3; turn += 1) {
      const { socket } = await carrierCall(gateway);
      await new Promise<void>((resolve) => (looked = resolve));
      [left, over] = [performance.now(), 0];
      socket.terminate();
      await expect.poll(() => over).not.toBe(0);
      lasted.push(over - left);
    }
    expect(Math.min(...lasted)).toBeLessThan(WAIT_STEP / 2);
  });

  test('is read half a megabyte of its words, and the rest waits where it comes from', async () => {
    const bot = await botOfTest();
    const gateway = await gatewayOfTest(agentWith([bot.url], 'max_sessions = 1, wait = 60'));
    const first = await call(gateway);
    const talker = await carrierCall(gateway);
    const word = 'x'.repeat(64 * 1024);
    const words = Array.from({ length: 320 }, (_, index) => `${index} ${word}`);
    let taken = 0;
    const sendOn = (): void => {
      const next = words[taken];
      if (next === undefined) return;
      talker.socket.send(next, () => {
        taken += 1;
        sendOn();
      });
    };
    sendOn();
    const takenAfter = async (steps: number): Promise<number> => {
      await new Promise((resolve) => setTimeout(resolve, WAIT_STEP * steps));
      return taken;
    };
    const soon = await takenAfter(6);
    expect(soon).toBeLessThan(words.length);
    expect(await takenAfter(4)).toBe(soon);
    first.socket.close(1000);
    const said = [...talker.said, ...words];
    await expect.poll(() => talker.messages.length, { timeout: 10_000 }).toBe(said.length);
    expect(talker.texts().every((text, index) => text === said[index])).toBe(true);
  });
});

test.each([
  ['a minute', DIAL_PATIENCE / 2, 2],
  ['a little less', DIAL_PATIENCE / 2 - 1, 3],
])('after %s of dials that failed no other is begun', async (_, perDial, dials) => {
  let clock = 0;
  let asked = 0;
  const nobody = async (): Promise<string> => `ws://127.0.0.1:${await freePort()}/ws`;
  const gateway = await gatewayOfTest(
    agentWith([await nobody(), await nobody(), await nobody(), await nobody()]),
    {
      store: (memory) => ({
        ...memory,
        async seat(...args) {
          asked += 1;
          clock += perDial;
          return memory.seat(...args);
        },
      }),
    },
  );
  const { wsUrl, token } = await gateway.start('a');
  vi.spyOn(performance, 'now').mockImplementation(() => clock);
  expect((await knock(`${wsUrl}/${token}`)).status).toBe(503);
  expect(asked).toBe(dials);
});

test('what is known of a bot goes when the bot goes', async () => {
  vi.useFakeTimers();
  let addresses = ['10.0.0.1'];
  const pool = { maxSessions: null, wait: 0, health: null, healthInterval: 5000, discovery: 'dns' } as const;
  const agent = { name: 'a', organization: 'local', bots: ['ws://bots.internal/'], pool } as unknown as Agent;
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  const pools = botPools({ agents: [agent], log, now: () => 0, lookup: async () => addresses });
  await pools.start();
  const url = pools.of(agent).bots()[0]?.url ?? '';
  pools.of(agent).failed(url, new Error('gone'));
  for (const next of ['10.0.0.2', '10.0.0.1']) {
    addresses = [next];
    await vi.advanceTimersByTimeAsync(DISCOVERY_INTERVAL);
  }
  expect([pools.of(agent).bots()[0]?.url, pools.of(agent).isOut(url)]).toEqual([url, false]);
  pools.stop();
  expect(vi.getTimerCount()).toBe(0);
});
