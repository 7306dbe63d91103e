import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { describe, expect, onTestFinished, test } from 'vitest';
import { knock } from '../helpers/client.ts';
import { freePort, testBot } from '../helpers/bot.ts';
import {
  agentWith,
  botOfTest,
  botsOfTest,
  call,
  callsAt,
  carrierCall,
  gatewayOfTest,
  logged,
} from '../gateway/pools-scene.ts';

const DIAL_TIMEOUT = 300;
const limits = { dialTimeout: DIAL_TIMEOUT };

/** Listens, and answers every handshake with `text`, or never. Resolves with its URL. */
async function badBot(text: string | null): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  server.on('upgrade', (_, wire: Duplex) => {
    wire.on('error', () => {});
    if (text !== null) wire.end(text);
  });
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws`;
}

const nobody = async (): Promise<string> => `ws://127.0.0.1:${await freePort()}/ws`;

const faults: [fault: string, bot: () => Promise<string>][] = [
  ['refuses', nobody],
  ['hangs', () => badBot(null)],
  ['answers 500', () => badBot('HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n')],
  ['redirects', () => badBot('HTTP/1.1 302 Found\r\nlocation: ws://127.0.0.1:1/\r\n\r\n')],
  [
    'switches without the proof',
    () => badBot('HTTP/1.1 101 OK\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n'),
  ],
  ['speaks no HTTP', () => badBot('220 mail\r\n\r\n')],
];

describe.each(faults)('while the first bot %s', (_, bad) => {
  test.each([
    ['/ws/generic', call],
    ['a carrier', (gateway: Parameters<typeof call>[0]) => carrierCall(gateway, 100)],
  ])('a caller from %s notices nothing', async (_from, place) => {
    const [first, second] = [await bad(), await botOfTest()];
    const gateway = await gatewayOfTest(agentWith([first, second.url], 'max_sessions = 1'), { limits });
    const placed = await place(gateway);
    const said = 'said' in placed ? placed.said : ['hello'];
    if (!('said' in placed)) placed.socket.send('hello');
    await expect.poll(() => placed.texts()).toEqual(said);
    expect(callsAt(second)).toBe(1);
    expect(logged(gateway, 'bot out')).toMatchObject([{ bot: first }]);
    expect((await gateway.store.find(placed.sessionId))?.bot).toBe(second.url);
  });

  test('the next caller does not even try it', async () => {
    const [first, second] = [await bad(), await botOfTest()];
    const gateway = await gatewayOfTest(agentWith([first, second.url]), { limits });
    await call(gateway);
    const since = performance.now();
    await call(gateway);
    expect(performance.now() - since).toBeLessThan(DIAL_TIMEOUT);
    expect(callsAt(second)).toBe(2);
  });
});

test('each of many bots that hang has its own time, and the last one is reached', async () => {
  const hanging = await Promise.all(Array.from({ length: 4 }, () => badBot(null)));
  const last = await botOfTest();
  const gateway = await gatewayOfTest(agentWith([...hanging, last.url]), { limits });
  const since = performance.now();
  await call(gateway);
  expect(performance.now() - since).toBeGreaterThanOrEqual(hanging.length * DIAL_TIMEOUT);
  expect(callsAt(last)).toBe(1);
});

test('a bot that is out is the last resort: it is tried before a call is refused', async () => {
  const port = await freePort();
  const up = await botOfTest();
  const agent = agentWith([`ws://127.0.0.1:${port}/ws`, up.url], 'max_sessions = 1');
  const gateway = await gatewayOfTest(agent, { limits });
  await call(gateway);
  const { wsUrl, token } = await gateway.start('a');
  expect((await knock(`${wsUrl}/${token}`)).status).toBe(503);
  const back = await testBot({ port });
  onTestFinished(() => back.close());
  await call(gateway); // within its back-off
  expect(callsAt(back)).toBe(1);
  expect(logged(gateway, 'bot in again')).toMatchObject([{ bot: back.url }]);
});

test('a bot gets calls again when its back-off is over', async () => {
  const port = await freePort();
  const up = await botOfTest();
  const gateway = await gatewayOfTest(agentWith([`ws://127.0.0.1:${port}/ws`, up.url]), { limits });
  await call(gateway);
  const back = await testBot({ port });
  onTestFinished(() => back.close());
  await expect
    .poll(
      async () => {
        (await call(gateway)).socket.close(1000);
        return back.dials.length;
      },
      { timeout: 5000, interval: 100 },
    )
    .toBe(1);
  expect(up.dials.length).toBeGreaterThan(1);
});

test.each([
  ['/ws/generic', call],
  ['a carrier', (gateway: Parameters<typeof call>[0]) => carrierCall(gateway)],
])('a bot that dies is 1011 to its caller from %s, and its seat is free', async (_, place) => {
  const [bot] = await botsOfTest(1);
  const gateway = await gatewayOfTest(agentWith([bot?.url ?? ''], 'max_sessions = 1'));
  const { closed } = await place(gateway).then(async (placed) => {
    await expect.poll(() => bot && callsAt(bot)).toBe(1);
    return placed;
  });
  bot?.sockets[0]?.terminate();
  expect((await closed).code).toBe(1011);
  await expect.poll(async () => (await gateway.store.count('local', 'a')).live).toBe(0);
  await call(gateway);
});

test('a thousand dials that fail leave no seat taken and no socket open', { timeout: 30_000 }, async () => {
  const lying = await badBot('HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n');
  const gateway = await gatewayOfTest(agentWith([await nobody(), lying], 'max_sessions = 1'), { limits });
  const open = (): number =>
    process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length;
  const place = async (): Promise<void> => {
    const { wsUrl, token } = await gateway.start('a');
    expect((await knock(`${wsUrl}/${token}`)).status).toBe(503);
  };
  await place();
  const before = open();
  for (let round = 0; round < 25; round += 1) await Promise.all(Array.from({ length: 20 }, place));
  await expect.poll(open, { timeout: 5000 }).toBeLessThanOrEqual(before + 5);
  expect((await gateway.store.count('local', 'a')).live).toBe(0);
  expect(logged(gateway, 'bot out')).toHaveLength(2);
});
