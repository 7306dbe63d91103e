import { describe, expect, test } from 'vitest';
import type { WebSocket } from 'ws';
import { defaultLimits } from '../../gateway/limits.ts';
import { memoryStore } from '../../gateway/sessions/memory.ts';
import type { SessionStore } from '../../gateway/sessions/store.ts';
import { GatewayError } from '../../shared/errors.ts';
import { freePort, testBot, type TestBot } from '../helpers/bot.ts';
import { knock } from '../helpers/client.ts';
import {
  agentWith,
  botOfTest,
  botsOfTest,
  call,
  callsAt,
  carrierCall,
  gatewayOfTest,
  logged,
} from './pools-scene.ts';

const urlsOf = (bots: readonly TestBot[]): string[] => bots.map(({ url }) => url);
const live = async (store: SessionStore): Promise<number> => (await store.count('local', 'a')).live;

describe('a call goes to the bot with the fewest', () => {
  test('of two gateways that share a store', async () => {
    const bots = await botsOfTest(3);
    const store = memoryStore(defaultLimits, Date.now);
    const agent = agentWith(urlsOf(bots));
    const gateways = [
      await gatewayOfTest(agent, { store: () => store }),
      await gatewayOfTest(agent, { store: () => store }),
    ];
    const calls = [];
    for (let turn = 0; turn < 5; turn += 1) {
      for (const gateway of gateways) calls.push(await call(gateway));
    }
    expect(bots.map(callsAt)).toEqual([4, 3, 3]);
    const atSecond = await Promise.all(calls.map(async ({ sessionId }) => store.find(sessionId)));
    const leaving = calls.filter((_, index) => atSecond[index]?.bot === bots[1]?.url).slice(0, 2);
    for (const { socket } of leaving) socket.close(1000);
    await expect.poll(() => live(store)).toBe(8);
    await Promise.all(gateways.map(call));
    expect(bots.map(callsAt)).toEqual([4, 3, 3]);
  });

  test('and the log says which', async () => {
    const bots = await botsOfTest(2);
    const gateway = await gatewayOfTest(agentWith(urlsOf(bots).map((url) => `${url}?key=of-the-operator`)));
    await call(gateway);
    await call(gateway);
    expect(logged(gateway, 'call connected').map(({ bot }) => bot)).toEqual(urlsOf(bots));
  });

  test('and where there is one, the store is not asked', async () => {
    const bot = await botOfTest();
    const seat = (): never => {
      throw new Error('asked');
    };
    const gateway = await gatewayOfTest(agentWith([bot.url]), {
      store: (memory) => ({ ...memory, seat, unseat: seat }),
    });
    const { sessionId } = await call(gateway);
    expect((await gateway.store.find(sessionId))?.bot).toBeNull();
  });
});

describe('max_sessions', () => {
  test('holds a fourth caller until one of three bots is free, and loses nothing that it says meanwhile', async () => {
    const bots = await botsOfTest(3);
    const gateway = await gatewayOfTest(agentWith(urlsOf(bots), 'max_sessions = 1, wait = 60'));
    const calls = [await carrierCall(gateway), await carrierCall(gateway), await carrierCall(gateway)];
    await expect.poll(() => bots.map(callsAt)).toEqual([1, 1, 1]);
    const fourth = await carrierCall(gateway, 1200); // 300 KB, far more than is kept for a call that does not wait
    await expect.poll(() => live(gateway.store)).toBe(4);
    calls[1]?.socket.close(1000);
    await expect.poll(() => fourth.messages.length, { timeout: 5000 }).toBe(fourth.said.length);
    expect(fourth.texts()).toEqual(fourth.said);
    expect((await gateway.store.find(fourth.sessionId))?.bot).toBe(bots[1]?.url);
    expect(bots.map(callsAt)).toEqual([1, 1, 1]);
  });

  test('holds a caller of /ws/generic before it is answered', async () => {
    const bot = await botOfTest();
    const gateway = await gatewayOfTest(agentWith([bot.url], 'max_sessions = 1, wait = 60'));
    const first = await call(gateway);
    const second = call(gateway);
    await expect.poll(() => live(gateway.store)).toBe(2);
    expect(callsAt(bot)).toBe(1);
    first.socket.close(1000);
    await second;
    expect(callsAt(bot)).toBe(1);
  });

  test.each([
    ['at once where nobody waits', '', 0, 200],
    ['when the wait is over', ', wait = 0.6', 600, 1500],
  ])(
    'refuses a caller for whom there is no bot %s, and its token is good again',
    async (_, wait, least, most) => {
      const bot = await botOfTest();
      const gateway = await gatewayOfTest(agentWith([bot.url], `max_sessions = 1${wait}`));
      const first = await call(gateway);
      const { wsUrl, token } = await gateway.start('a');
      const since = performance.now();
      const refused = await knock(`${wsUrl}/${token}`);
      const waited = performance.now() - since;
      expect([refused.status, refused.headers['retry-after']]).toEqual([503, '1']);
      expect(JSON.parse(refused.body)).toMatchObject({
        reason: 'ERR_BOT_UNREACHABLE',
        error: expect.stringContaining('pool.max_sessions'),
      });
      expect(waited).toBeGreaterThanOrEqual(least);
      expect(waited).toBeLessThan(most);
      first.socket.close(1000);
      await expect.poll(async () => (await knock(`${wsUrl}/${token}`)).status).toBe(101);
    },
  );
});

describe('a caller that waits and leaves', () => {
  test.each([
    ['with a close frame', (socket: WebSocket) => socket.close(1000), 0],
    ['without a word', (socket: WebSocket) => socket.terminate(), 0],
    ['after it has talked for long', (socket: WebSocket) => socket.close(1000), 1200],
  ])('%s ends at once, and holds no seat', async (_, leave, words) => {
    const bot = await botOfTest();
    const gateway = await gatewayOfTest(agentWith([bot.url], 'max_sessions = 1, wait = 60'));
    const first = await call(gateway);
    const { socket, sessionId } = await carrierCall(gateway, words);
    await expect.poll(() => live(gateway.store)).toBe(2);
    leave(socket);
    await expect.poll(() => live(gateway.store), { timeout: 5000 }).toBe(1);
    expect(logged(gateway, 'call ended')).toMatchObject([{ session: sessionId, status: 'CALLER_LOST' }]);
    first.socket.close(1000);
    await expect.poll(() => live(gateway.store)).toBe(0);
    await call(gateway);
    expect(bot.dials).toHaveLength(2);
  });

  test('is not kept by a drain either', async () => {
    const bot = await botOfTest();
    const gateway = await gatewayOfTest(agentWith([bot.url], 'max_sessions = 1, wait = 60'), {
      drainTimeout: 50,
    });
    await call(gateway);
    const waiting = await carrierCall(gateway);
    await expect.poll(() => live(gateway.store)).toBe(2);
    const since = performance.now();
    await Promise.all([gateway.drain(), waiting.closed]);
    expect(await waiting.closed).toEqual({ code: 1001, reason: 'shutting down' });
    expect(performance.now() - since).toBeLessThan(3000);
  });
});

test('a bot that starts is reached as soon as it listens', async () => {
  const port = await freePort();
  const gateway = await gatewayOfTest(
    agentWith([`ws://127.0.0.1:${port}/ws`], 'max_sessions = 1, wait = 10'),
  );
  const { sessionId, messages, said } = await carrierCall(gateway, 20);
  await expect.poll(() => logged(gateway, 'bot out')).toHaveLength(1);
  await expect.poll(async () => (await gateway.store.find(sessionId))?.bot).toBeNull(); // it does not keep a seat
  await new Promise((resolve) => setTimeout(resolve, 1000)); // the bot takes its time
  const bot = await testBot({ port });
  await expect.poll(() => messages.length).toBe(said.length);
  expect(logged(gateway, 'bot in again')).toHaveLength(1);
  await gateway.close();
  await bot.close();
});

describe('a store that cannot be asked for a seat', () => {
  const down = (): Promise<never> =>
    Promise.reject(new GatewayError('ERR_STORE_UNAVAILABLE', 'the session store does not answer'));

  test('is a 503 before the 101, and the token is good again', async () => {
    const bots = await botsOfTest(2);
    let isDown = true;
    const gateway = await gatewayOfTest(agentWith(urlsOf(bots)), {
      store: (memory) => ({ ...memory, seat: (...args) => (isDown ? down() : memory.seat(...args)) }),
    });
    const { wsUrl, token } = await gateway.start('a');
    const refused = await knock(`${wsUrl}/${token}`);
    expect(refused.status).toBe(503);
    expect(JSON.parse(refused.body)).toMatchObject({ reason: 'ERR_STORE_UNAVAILABLE' });
    isDown = false;
    expect((await knock(`${wsUrl}/${token}`)).status).toBe(101);
  });

  test('is a 1013 after it', async () => {
    const bots = await botsOfTest(2);
    const gateway = await gatewayOfTest(agentWith(urlsOf(bots)), {
      store: (memory) => ({ ...memory, seat: down }),
    });
    const { closed } = await carrierCall(gateway);
    expect(await closed).toEqual({ code: 1013, reason: 'the session store does not answer' });
    expect(bots.map(callsAt)).toEqual([0, 0]);
  });
});
