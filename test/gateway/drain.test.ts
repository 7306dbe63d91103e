import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testBot, type TestBot } from '../helpers/bot.ts';
import { carrierOf, openingOf } from '../helpers/carriers.ts';
import { connect, knock } from '../helpers/client.ts';
import { testGateway } from '../helpers/gateway.ts';

let bot: TestBot;

beforeAll(async () => {
  bot = await testBot();
});
afterAll(() => bot.close());

test('a draining gateway takes nothing new, and lets calls end by themselves', async () => {
  const gateway = await testGateway({ agents: { a: bot.url }, drainTimeout: 10_000 });
  const { wsUrl, token } = await gateway.start('a');
  const unused = await gateway.start('a');
  const caller = await connect(`${wsUrl}/${token}`);
  expect((await fetch(`${gateway.http}/readyz`)).status).toBe(200);

  const drained = gateway.drain();
  expect((await fetch(`${gateway.http}/livez`)).status).toBe(200);
  expect((await fetch(`${gateway.http}/readyz`)).status).toBe(503);
  const start = await gateway.post('a', '{}');
  expect([start.status, start.headers.get('retry-after')]).toEqual([503, '1']);
  expect(await start.json()).toMatchObject({ code: '503', reason: 'ERR_DRAINING' });
  expect(await knock(`${unused.wsUrl}/${unused.token}`)).toMatchObject({ status: 503 });
  caller.socket.send('still here');
  await expect.poll(() => caller.texts()).toEqual(['still here']);

  caller.socket.close(1000);
  await drained;
  await expect(fetch(`${gateway.http}/livez`)).rejects.toThrow('fetch failed');
});

test('draining is over when the last call is, not when the first one is', async () => {
  const gateway = await testGateway({ agents: { a: bot.url }, drainTimeout: 10_000 });
  const addresses = [await gateway.start('a'), await gateway.start('a')];
  const [first, last] = await Promise.all(addresses.map(({ wsUrl, token }) => connect(`${wsUrl}/${token}`)));
  let isDrained = false;
  const drained = gateway.drain().then(() => (isDrained = true));
  first?.socket.close(1000);
  await first?.closed;
  last?.socket.send('still here');
  await expect.poll(() => last?.texts()).toEqual(['still here']);
  expect(isDrained).toBe(false);
  last?.socket.close(1000);
  await drained;
});

test.each([
  ['when the drain time is over', 50, false],
  ['at once when asked a second time', 60_000, true],
])('calls are closed with 1001 %s', async (_, drainTimeout, again) => {
  const gateway = await testGateway({ agents: { a: bot.url }, drainTimeout });
  const { wsUrl, token } = await gateway.start('a');
  const opened = bot.next();
  const caller = await connect(`${wsUrl}/${token}`);
  const botSide = await opened;
  const atBot = new Promise<number>((resolve) => botSide.once('close', resolve));
  const drained = gateway.drain();
  if (again) void gateway.drain();
  expect(await caller.closed).toEqual({ code: 1001, reason: 'shutting down' });
  expect(await atBot).toBe(1001);
  await drained;
});

test('a store that does not answer makes the gateway unready, and starts nothing', async () => {
  const down = (): Promise<never> => Promise.reject(new Error('no store'));
  const gateway = await testGateway({
    agents: { a: bot.url },
    store: (memory) => ({ ...memory, ping: down }),
  });
  expect((await fetch(`${gateway.http}/readyz`)).status).toBe(503);
  await gateway.close();
});

test.each([
  ['has not said who it is', 0],
  ['waits for its bot', 2],
])('a carrier that %s is closed with 1001 at once', async (_, messages) => {
  const silent = createServer((socket) => socket.on('error', () => {}).resume()).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const gateway = await testGateway({ agents: { a: `ws://127.0.0.1:${port}/` }, drainTimeout: 50 });
  const { wsUrl, token } = await gateway.start('a', { transport: 'websocket' });
  const caller = await connect(`${wsUrl.replace('/generic', '/twilio')}/${token}`);
  const dialled = once(silent, 'connection');
  const carrier = carrierOf('twilio', gateway.carriers);
  const opening = openingOf('twilio', carrier.newStream(carrier.newCall('+14155550100', '+14155550199'), {}));
  for (const message of opening.slice(0, messages)) caller.socket.send(message);
  if (messages > 0) await dialled;
  const since = performance.now();
  await Promise.all([gateway.drain(), caller.closed]);
  expect(await caller.closed).toEqual({ code: 1001, reason: 'shutting down' });
  expect(performance.now() - since).toBeLessThan(3000);
  silent.close();
});

test('with a drain delay it says that it leaves, and takes calls until the balancers have seen it', async () => {
  const gateway = await testGateway({
    agents: { a: bot.url },
    drainTimeout: 10_000,
    toml: 'drain_delay = 0.5',
  });
  const since = performance.now();
  const drained = gateway.drain();
  const ready = await fetch(`${gateway.http}/readyz`);
  expect([ready.status, ready.headers.get('connection')]).toEqual([503, 'close']);
  const { wsUrl, token } = await gateway.start('a');
  const caller = await connect(`${wsUrl}/${token}`);
  await expect.poll(async () => (await gateway.post('a', '{}')).status).toBe(503);
  expect(performance.now() - since).toBeGreaterThanOrEqual(490);
  caller.socket.send('still here');
  await expect.poll(() => caller.texts()).toEqual(['still here']);
  caller.socket.close(1000);
  await drained;
});

test('a second signal ends the drain delay, and the calls', async () => {
  const gateway = await testGateway({
    agents: { a: bot.url },
    drainTimeout: 60_000,
    toml: 'drain_delay = 60',
  });
  const { wsUrl, token } = await gateway.start('a');
  const caller = await connect(`${wsUrl}/${token}`);
  const drained = gateway.drain();
  await gateway.drain();
  expect(await caller.closed).toMatchObject({ code: 1001 });
  await drained;
});

test('a connection that was kept alive is closed before its next request would be refused', async () => {
  const gateway = await testGateway({
    agents: { a: bot.url },
    drainTimeout: 10_000,
    toml: 'drain_delay = 0.1',
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const { wsUrl, token } = await gateway.start('a');
  const caller = await connect(`${wsUrl}/${token}`);
  const kept = request({ port: gateway.port, path: '/livez', agent }).end();
  const [answer] = (await once(kept, 'response')) as [IncomingMessage];
  answer.resume();
  await once(answer, 'end');
  const idle = (): number => Object.values(agent.freeSockets).length;
  expect(idle()).toBe(1);
  const drained = gateway.drain();
  await expect.poll(idle).toBe(0);
  caller.socket.close(1000);
  await drained;
  agent.destroy();
});
