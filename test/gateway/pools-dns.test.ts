import { expect, test } from 'vitest';
import { freePort, type TestBot } from '../helpers/bot.ts';
import { agentWith, botOfTest, call, callsAt, carrierCall, gatewayOfTest, logged } from './pools-scene.ts';

const ADDRESSES = ['127.0.0.1', '127.0.0.2', '127.0.0.3'];

test(
  'the addresses behind a name are bots of one pool, as they come and go',
  { timeout: 30_000 },
  async () => {
    const port = await freePort();
    const bots: TestBot[] = [];
    for (const host of ADDRESSES) bots.push(await botOfTest({ host, port }));
    const loads = (): number[] => bots.map(callsAt);
    let known = ADDRESSES.slice(0, 2);
    const asked: string[] = [];
    const gateway = await gatewayOfTest(
      agentWith([`ws://bots.internal:${port}/ws?x=1`], 'max_sessions = 2, wait = 20, discovery = "dns"'),
      {
        lookup: async (host) => {
          asked.push(host);
          return known;
        },
      },
    );
    const calls = [];
    for (let turn = 0; turn < 4; turn += 1) calls.push(await call(gateway));
    expect(loads()).toEqual([2, 2, 0]);
    expect(bots[1]?.dials[0]).toMatchObject({ url: '/ws?x=1', headers: { host: `bots.internal:${port}` } });
    expect((await gateway.store.find(calls[1]?.sessionId ?? ''))?.bot).toBe(`ws://127.0.0.2:${port}/ws?x=1`);
    expect(logged(gateway, 'call connected')[1]).toMatchObject({ bot: `ws://127.0.0.2:${port}/ws` });

    const waiting = await carrierCall(gateway, 50);
    known = [...ADDRESSES];
    await expect.poll(() => waiting.messages.length, { timeout: 10_000 }).toBe(waiting.said.length);
    expect(loads()).toEqual([2, 2, 1]);

    known = ADDRESSES.slice(2);
    await expect
      .poll(() => logged(gateway, 'bots discovered').at(-1), { timeout: 10_000 })
      .toMatchObject({ bots: 1 });
    calls[0]?.socket.close(1000);
    await expect.poll(loads).toEqual([1, 2, 1]); // calls live on where they are
    await call(gateway);
    expect(loads()).toEqual([1, 2, 2]);
    expect(new Set(asked)).toEqual(new Set(['bots.internal']));
  },
);

test('a real name works', async () => {
  const bot = await botOfTest();
  const gateway = await gatewayOfTest(
    agentWith([bot.url.replace('127.0.0.1', 'localhost')], 'discovery = "dns"'),
  );
  const { sessionId } = await call(gateway);
  expect(callsAt(bot)).toBe(1);
  expect((await gateway.store.find(sessionId))?.bot).toBe(bot.url);
});

test('a name that nobody knows is a refusal, and the gateway serves all the same', async () => {
  const gateway = await gatewayOfTest(agentWith(['ws://bots.internal/ws'], 'discovery = "dns"'), {
    lookup: () => Promise.reject(new Error('ENOTFOUND')),
  });
  await expect(call(gateway)).rejects.toThrow('503');
  expect(logged(gateway, 'bots cannot be looked up')).toMatchObject([
    { host: 'bots.internal', error: 'ENOTFOUND' },
  ]);
});
