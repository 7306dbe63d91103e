import type { Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { WebSocket } from 'ws';
import { answered, inParallel, upgradeText, wireTo } from '../attacks/raw.ts';
import { maskedFrame, TEXT } from '../attacks/frame.ts';
import { gatewayProcess, type GatewayProcess } from '../chaos/gateway-process.ts';
import { echo, testBot, type TestBot } from '../helpers/bot.ts';
import { botOf, closeCodeOf, expectDescriptors, openCall, roundTrip } from './calls.ts';

let bot: TestBot;
let gateway: GatewayProcess;

/** Repeats what it hears, and resets the connection some milliseconds after it was opened. */
function fickle(socket: WebSocket, wire: Socket): void {
  echo(socket);
  setTimeout(() => wire.resetAndDestroy(), Math.random() * 30);
}

beforeAll(async () => {
  bot = await testBot({
    talk: (socket, { socket: wire, url = '' }) =>
      url.startsWith('/fickle') ? fickle(socket, wire) : echo(socket),
  });
  gateway = await gatewayProcess({
    agents: { support: bot.url, fickle: bot.url.replace(/\/ws$/, '/fickle') },
    limits: { close_timeout: 1 },
  });
});
afterAll(async () => {
  await gateway.stop();
  await bot.close();
});

test(
  'a thousand calls reset on either side at random moments leave nothing behind',
  { timeout: 45_000 },
  async () => {
    const live = await openCall(gateway, bot);
    const base = gateway.descriptors();
    const frame = maskedFrame({ opcode: TEXT, payload: 'x'.repeat(2000) });
    await inParallel(Array.from({ length: 1000 }), 50, async (_, index) => {
      const agent = index % 2 === 0 ? 'support' : 'fickle';
      const { wsUrl, token } = await gateway.start(agent, 'websocket', {});
      const caller = wireTo(gateway.port);
      caller.send(upgradeText(`${new URL(wsUrl).pathname}/${token}`));
      caller.send(Buffer.concat([frame, frame, frame.subarray(0, index)]));
      if (agent === 'fickle') await caller.closed;
      else await new Promise((resolve) => setTimeout(resolve, Math.random() * 30));
      caller.socket.resetAndDestroy();
    });
    await expectDescriptors(gateway, base);
    expect(bot.sockets.filter(({ readyState }) => readyState !== 3)).toHaveLength(1);
    expect(await roundTrip(live)).toBeLessThan(1000);
    expect(gateway.log().filter((line) => line.includes('"level":"error"'))).toEqual([]);
    live.caller.socket.close(1000);
    await live.caller.closed;
  },
);

test('when a caller resets, its bot hears 1011 within a second', async () => {
  const { sessionId, wsUrl, token } = await gateway.start('support', 'websocket', {});
  const caller = wireTo(gateway.port);
  caller.send(upgradeText(`${new URL(wsUrl).pathname}/${token}`));
  await answered(caller);
  const its = botOf(bot, sessionId);
  const since = performance.now();
  caller.socket.resetAndDestroy();
  expect(await closeCodeOf(its.socket)).toBe(1011);
  expect(performance.now() - since).toBeLessThan(1000);
});

test('when a bot resets, its caller hears 1011 within a second', async () => {
  const call = await openCall(gateway, bot);
  const since = performance.now();
  call.botWire.resetAndDestroy();
  expect(await call.caller.closed).toMatchObject({ code: 1011 });
  expect(performance.now() - since).toBeLessThan(1000);
});

test('in 500 calls at once every message stays in its own call', { timeout: 30_000 }, async () => {
  const calls = await Promise.all(Array.from({ length: 500 }, () => openCall(gateway, bot)));
  for (let round = 0; round < 5; round += 1) {
    calls.forEach(({ caller }, index) =>
      caller.socket.send(`${index} ${round} ${'.'.repeat((index * 37) % 3000)}`),
    );
  }
  const isDone = (): boolean => calls.every(({ caller }) => caller.messages.length === 5);
  await expect.poll(isDone, { timeout: 10_000 }).toBe(true);
  calls.forEach(({ caller }, index) => {
    expect(caller.texts().map((text) => text.replace(/\.*$/, '').trim())).toEqual(
      [0, 1, 2, 3, 4].map((round) => `${index} ${round}`),
    );
  });
  for (const { caller } of calls) caller.socket.close(1000);
  await Promise.all(calls.map(({ caller }) => caller.closed));
});

test('SIGTERM lets calls end by themselves, and closes the rest with 1001 when its time is over', async () => {
  const calls = await Promise.all(Array.from({ length: 20 }, () => openCall(gateway, bot)));
  const stopped = gateway.stop();
  for (const { caller } of calls.slice(0, 10)) caller.socket.close(4000);
  const ends = await Promise.all(calls.map(({ caller }) => caller.closed));
  expect(ends.map(({ code }) => code)).toEqual([
    ...Array<number>(10).fill(4000),
    ...Array<number>(10).fill(1001),
  ]);
  expect(await stopped).toBe(0);
});
