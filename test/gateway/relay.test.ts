import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { WebSocket } from 'ws';
import type { Agent } from '../../gateway/agents.ts';
import type { Limits } from '../../gateway/limits.ts';
import { testBot, type TestBot } from '../helpers/bot.ts';
import { connect, type Client } from '../helpers/client.ts';
import { testGateway, type TestGateway } from '../helpers/gateway.ts';

const KIB = 1024;

let bot: TestBot;
let gateway: TestGateway;

beforeEach(async () => {
  bot = await testBot({ talk: () => {} });
});
afterEach(async () => {
  await gateway.close();
  await bot.close();
});

/** A call through a gateway with these limits: both ends in hand. */
async function call(
  limits: Partial<Limits> = {},
  toml = '',
  patch: Partial<Agent> = {},
): Promise<{ caller: Client; botSide: WebSocket }> {
  gateway = await testGateway({
    agents: { a: `websocket_auth = "none"\nbots = ["${bot.url}"]\n${toml}` },
    limits,
    patch,
  });
  const opened = bot.next();
  const caller = await connect(`${gateway.ws}/ws/generic/a.local`);
  return { caller, botSide: await opened };
}

function closingOf(socket: WebSocket): Promise<{ code: number; reason: string }> {
  return new Promise((resolve) => {
    socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }));
  });
}

describe('the end of a call', () => {
  test.each([
    [1000, 'bye', 1000, 'bye'],
    [4001, 'ümlaut', 4001, 'ümlaut'],
    [1001, '', 1001, ''],
    [1011, 'out of memory', 1011, 'out of memory'],
  ])('code %i "%s" reaches the other side, whoever says it', async (code, reason, otherCode, otherReason) => {
    const first = await call();
    const atBot = closingOf(first.botSide);
    first.caller.socket.close(code, reason);
    expect(await atBot).toEqual({ code: otherCode, reason: otherReason });
    await gateway.close();
    const second = await call();
    second.botSide.close(code, reason);
    expect(await second.caller.closed).toEqual({ code: otherCode, reason: otherReason });
  });

  test('an empty close frame reaches the other side empty', async () => {
    const { caller, botSide } = await call();
    botSide.close();
    expect(await caller.closed).toEqual({ code: 1005, reason: '' });
  });

  test.each(['caller', 'bot'])('a %s that vanishes reaches the other side as 1011', async (who) => {
    const { caller, botSide } = await call();
    const atBot = closingOf(botSide);
    if (who === 'caller') caller.socket.terminate();
    else botSide.terminate();
    expect((who === 'caller' ? await atBot : await caller.closed).code).toBe(1011);
  });

  test('last words before a close arrive before it', async () => {
    const { caller, botSide } = await call();
    const heard: string[] = [];
    botSide.on('message', (data: Buffer) => heard.push(data.toString()));
    const atBot = closingOf(botSide);
    for (let index = 0; index < 500; index += 1) caller.socket.send(String(index));
    caller.socket.close(1000);
    await atBot;
    expect(heard).toEqual(Array.from({ length: 500 }, (_, index) => String(index)));
  });

  test('one log line says who ended it, and how much was said', async () => {
    const { caller } = await call();
    caller.socket.send('12345');
    caller.socket.close(1000, 'bye');
    await expect
      .poll(() => gateway.log.find(({ msg }) => msg === 'call ended'))
      .toMatchObject({
        endedBy: 'caller',
        code: 1000,
        reason: 'bye',
        status: 'WS_CONNECTION_CLOSED',
        fromCaller: { messages: 1, bytes: 5 },
        fromBot: { messages: 0, bytes: 0 },
      });
  });
});

describe('a greeting', () => {
  test('that a bot sends with its handshake is not lost', async () => {
    await bot.close();
    bot = await testBot({ talk: (socket) => socket.send('hello') });
    const { caller } = await call();
    await expect.poll(() => caller.texts()).toEqual(['hello']);
  });
});

describe('a slow reader', () => {
  test('holds its writer back instead of filling memory, and loses nothing', async () => {
    const { caller, botSide } = await call();
    caller.socket.pause();
    const total = 48 * 1024 * KIB;
    const piece = Buffer.alloc(64 * KIB, 7);
    const before = process.memoryUsage().rss;
    for (let sent = 0; sent < total; sent += piece.length) botSide.send(piece);
    await expect.poll(() => botSide.bufferedAmount).toBeGreaterThan(total / 2);
    await new Promise((resolve) => setTimeout(resolve, 300));
    // What the gateway does not take stays with the bot: here, in this process, in its queue.
    expect(botSide.bufferedAmount).toBeGreaterThan(total / 2);
    expect(process.memoryUsage().rss - before).toBeLessThan(2.5 * total);
    caller.socket.resume();
    await expect.poll(() => caller.messages.length, { timeout: 10_000 }).toBe(total / piece.length);
  });

  test('is closed with 1008 when it stands still for too long, and the bot hears 1011', async () => {
    const { caller, botSide } = await call({
      stallTimeout: 200,
      closeTimeout: 200,
    });
    const atBot = closingOf(botSide);
    caller.socket.pause();
    for (let index = 0; index < 400; index += 1) botSide.send(Buffer.alloc(64 * KIB));
    expect((await atBot).code).toBe(1011);
  });

  test('is not sent a flood of tiny messages without end', async () => {
    const { caller, botSide } = await call();
    caller.socket.pause();
    // More than the kernel takes, so that something waits in the gateway.
    for (let index = 0; index < 192; index += 1) botSide.send(Buffer.alloc(64 * KIB));
    for (let index = 0; index < 300_000; index += 1) botSide.send('x');
    await new Promise((resolve) => setTimeout(resolve, 500));
    caller.socket.terminate();
    const ended = (): unknown => gateway.log.find(({ msg }) => msg === 'call ended')?.['fromBot'];
    await expect.poll(ended).toMatchObject({ messages: expect.any(Number) });
    expect((ended() as { messages: number }).messages).toBeLessThan(200_000);
  });

  test.each([
    ['when the other side leaves', {}, 1011],
    ['when the call is over', { maxDuration: 500 }, 1000],
  ])('that is held back is let go at once %s', async (_, patch, code) => {
    const limits = { closeTimeout: 60_000 };
    const { caller, botSide } = await call(limits, '', patch);
    botSide.pause();
    for (let index = 0; index < 800; index += 1) caller.socket.send(Buffer.alloc(32 * KIB));
    await expect.poll(() => caller.socket.bufferedAmount).toBeGreaterThan(1024 * KIB);
    if (code === 1011) botSide.terminate();
    expect((await caller.closed).code).toBe(code);
    botSide.terminate();
  });

  test('does not delay the other direction', async () => {
    const { caller, botSide } = await call({ closeTimeout: 300 });
    const heard: string[] = [];
    botSide.on('message', (data: Buffer) => heard.push(data.toString()));
    caller.socket.pause();
    for (let index = 0; index < 400; index += 1) botSide.send(Buffer.alloc(64 * KIB));
    caller.socket.send('still here');
    await expect.poll(() => heard).toEqual(['still here']);
  });
});

describe('limits', () => {
  test('a message of exactly the limit passes, one byte more is 1009 for its sender and 1011 for the other', async () => {
    const { caller, botSide } = await call({ maxMessageBytes: 1000 });
    const heard: number[] = [];
    botSide.on('message', (data: Buffer) => heard.push(data.length));
    const atBot = closingOf(botSide);
    caller.socket.send(Buffer.alloc(1000));
    await expect.poll(() => heard).toEqual([1000]);
    caller.socket.send(Buffer.alloc(1001));
    expect((await caller.closed).code).toBe(1009);
    expect((await atBot).code).toBe(1011);
  });

  test('a call is over at idle_timeout without a message', async () => {
    const { caller } = await call({}, 'idle_timeout = 0.2');
    caller.socket.send('still talking');
    expect(await caller.closed).toEqual({ code: 1000, reason: 'idle' });
  });

  test('a call is over at max_session_duration', async () => {
    const { caller, botSide } = await call({}, '', { maxDuration: 100 });
    const atBot = closingOf(botSide);
    expect(await caller.closed).toEqual({ code: 1000, reason: 'session limit' });
    expect(await atBot).toEqual({ code: 1000, reason: 'session limit' });
  });

  test('a peer that answers no ping is gone after three intervals, and the other side hears 1011', async () => {
    const { caller, botSide } = await call({ pingInterval: 50 });
    botSide.pause();
    expect((await caller.closed).code).toBe(1011);
  });

  test('a peer that talks is pinged too, and a proxy on its way sees something from us', async () => {
    const { caller } = await call({ pingInterval: 40 });
    let pings = 0;
    caller.socket.on('ping', () => (pings += 1));
    const talking = setInterval(() => caller.socket.send('media'), 5);
    await expect.poll(() => pings).toBeGreaterThan(3);
    clearInterval(talking);
  });

  test('a peer that only answers pings stays', async () => {
    const { caller } = await call({ pingInterval: 20 });
    let pings = 0;
    caller.socket.on('ping', () => (pings += 1));
    await expect.poll(() => pings).toBeGreaterThan(6);
    expect(caller.socket.readyState).toBe(caller.socket.OPEN);
  });
});
