import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { echo, testBot, type TestBot } from '../helpers/bot.ts';
import { carrierOf, ring } from '../helpers/carriers.ts';
import { connect, knock, type Client } from '../helpers/client.ts';
import type { TestGateway } from '../helpers/gateway.ts';
import { testRedis, type TestRedis } from '../helpers/redis.ts';
import { asHookswitch, leastRights, replica } from './scene.ts';

/** Milliseconds: what a caller waits at most when Redis cannot be asked. */
const PATIENCE = 500;
/** Milliseconds from a Redis that is well again to a call that is taken. */
const RECOVERY = 2000;

let bot: TestBot;
beforeAll(async () => {
  bot = await testBot({ talk: echo });
});
afterAll(() => bot.close());

interface Fault {
  readonly name: string;
  readonly begin: (redis: TestRedis) => Promise<unknown>;
  readonly end: (redis: TestRedis) => Promise<unknown>;
  /** Reading works, so that /readyz cannot see it. */
  readonly onlyWrites?: boolean;
}

const faults: readonly Fault[] = [
  {
    name: 'frozen',
    begin: async (redis) => redis.signal('SIGSTOP'),
    end: async (redis) => redis.signal('SIGCONT'),
  },
  {
    name: 'absent',
    begin: async (redis) => redis.signal('SIGKILL'),
    end: (redis) => redis.restart(),
  },
  {
    name: 'read-only',
    begin: (redis) => redis.admin.sendCommand(['REPLICAOF', '127.0.0.1', '1']),
    end: (redis) => redis.admin.sendCommand(['REPLICAOF', 'NO', 'ONE']),
  },
  {
    name: 'full',
    begin: (redis) => redis.admin.configSet('maxmemory', '1'),
    end: (redis) => redis.admin.configSet('maxmemory', '0'),
    onlyWrites: true,
  },
  {
    name: 'closed to us',
    begin: (redis) => redis.admin.sendCommand(['ACL', 'SETUSER', 'hookswitch', 'off']),
    end: (redis) => redis.admin.sendCommand(['ACL', 'SETUSER', 'hookswitch', 'on']),
    onlyWrites: true,
  },
  {
    name: 'without rights for us',
    begin: (redis) => redis.admin.sendCommand(['ACL', 'SETUSER', 'hookswitch', '-multi', '-getdel']),
    end: (redis) => redis.admin.sendCommand(['ACL', 'SETUSER', 'hookswitch', '+multi', '+getdel']),
    onlyWrites: true,
  },
];

describe.each(faults.filter(({ name }) => name !== 'closed to us'))('a Redis that is $name', (fault) => {
  let redis: TestRedis;
  let gateway: TestGateway;
  let live: Client;
  let tokens: string[];

  beforeAll(async () => {
    redis = await testRedis({ args: leastRights });
    gateway = await replica(asHookswitch(redis), { agents: { support: bot.url } });
    const { wsUrl, token } = await gateway.start('support');
    live = await connect(`${wsUrl}/${token}`);
    const started = await Promise.all(Array.from({ length: 6 }, () => gateway.start('support')));
    tokens = started.map((one) => `${one.wsUrl}/${one.token}`);
    await fault.begin(redis);
  });
  afterAll(async () => {
    live.socket.terminate();
    await gateway.close();
    await redis.close();
  });

  test('is answered with 503 in half a second at /start', async () => {
    const answers = await inTurn(5, () => gateway.post('support', '{}'));
    for (const { value } of answers) {
      expect(value.status).toBe(503);
      expect(value.headers.get('retry-after')).toBe('1');
      expect(await value.json()).toMatchObject({ reason: 'ERR_STORE_UNAVAILABLE' });
    }
    expect(median(answers.map(({ ms }) => ms))).toBeLessThanOrEqual(PATIENCE);
  });

  test('is answered with 503 in half a second at a socket, and no bot is dialled', async () => {
    const before = bot.dials.length;
    const answers = await inTurn(3, (index) => knock(tokens[index] ?? ''));
    expect(answers.map(({ value }) => value.status)).toEqual([503, 503, 503]);
    expect(median(answers.map(({ ms }) => ms))).toBeLessThanOrEqual(PATIENCE);
    expect(bot.dials.length).toBe(before);
  });

  test('lets the caller of a webhook hear the fallback', async () => {
    const call = {
      id: `CA${'a'.repeat(32)}`,
      from: '+15550100',
      to: '+15550101',
      direction: 'inbound',
    } as const;
    const answers = await inTurn(3, () =>
      ring(carrierOf('twilio', gateway.carriers), call, `${gateway.http}/webhooks/twilio/support`),
    );
    for (const { value } of answers) {
      expect(value.verbs.map(({ type }) => type)).toContain('say');
      expect(value.streamUrl).toBe('');
    }
    expect(median(answers.map(({ ms }) => ms))).toBeLessThanOrEqual(2 * PATIENCE);
  });

  test.skipIf(fault.onlyWrites)('turns /readyz to 503', async () => {
    await expect.poll(async () => (await fetch(`${gateway.http}/readyz`)).status).toBe(503);
  });

  test('is not noticed by a live call', async () => {
    for (let index = 0; index < 20; index += 1) {
      live.socket.send(`still here ${index}`);
      await sleep(5);
    }
    await expect.poll(() => live.texts().slice(-20)).toHaveLength(20);
    expect(live.texts().at(-1)).toBe('still here 19');
  });

  test('is served again two seconds after it is well', async () => {
    await fault.end(redis);
    const since = performance.now();
    const isServed = async (): Promise<boolean> => (await gateway.post('support', '{}')).status === 200;
    while (!(await isServed()) && performance.now() - since < 10_000) await sleep(20);
    expect(performance.now() - since).toBeLessThanOrEqual(RECOVERY);
    expect((await fetch(`${gateway.http}/readyz`)).status).toBe(200);
  });

  test('has the live call in its count afterwards, and nothing that is not there', async () => {
    live.socket.send('and still');
    await expect.poll(() => live.texts().at(-1)).toBe('and still');
    await expect
      .poll(async () => (await gateway.store.count('local', 'support')).live, { timeout: 12_000 })
      .toBe(1);
    live.socket.close(1000);
    await live.closed;
    await expect.poll(async () => (await gateway.store.count('local', 'support')).live).toBe(0);
  });
});

async function inTurn<T>(
  count: number,
  act: (index: number) => Promise<T>,
): Promise<{ value: T; ms: number }[]> {
  const results: { value: T; ms: number }[] = [];
  for (let index = 0; index < count; index += 1) {
    const since = performance.now();
    const value = await act(index);
    results.push({ value, ms: performance.now() - since });
  }
  return results;
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Infinity;
}
