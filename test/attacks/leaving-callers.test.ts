import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { testBot, type TestBot } from '../helpers/bot.ts';
import { testGateway, type TestGateway } from '../helpers/gateway.ts';
import { expectNormalCall } from './alive.ts';
import { maskedFrame, TEXT } from './frame.ts';
import { answered, ask, inParallel, upgradeText, wireTo, type Wire } from './raw.ts';

/** A bot that takes connections and says nothing. */
interface SilentBot {
  readonly url: string;
  readonly dials: readonly Socket[];
  readonly server: Server;
}

async function silentBot(): Promise<SilentBot> {
  const dials: Socket[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => {}).resume();
    dials.push(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`, dials, server };
}

let bot: TestBot;
let slow: TestBot;
let silent: SilentBot;
let gateway: TestGateway;
let slowStore = 0;

beforeAll(async () => {
  [bot, slow, silent] = await Promise.all([testBot(), testBot({ delay: 30 }), silentBot()]);
  gateway = await testGateway({
    agents: {
      support: bot.url,
      slow: slow.url,
      silent: silent.url,
      single: `websocket_auth = "token"\nbots = ["${silent.url}"]\nscaling = { max_agents = 1 }`,
    },
    limits: { maxSockets: 300 },
    store: (memory) => ({
      ...memory,
      async take(key) {
        if (slowStore > 0) await new Promise((resolve) => setTimeout(resolve, slowStore));
        return memory.take(key);
      },
    }),
  });
});
afterEach(() => expectNormalCall(gateway, 'support'));
afterAll(async () => {
  await gateway.close();
  for (const socket of silent.dials) socket.destroy();
  silent.server.close();
  await Promise.all([bot.close(), slow.close()]);
});

const ids = {
  callSid: `CA${'1'.repeat(32)}`,
  streamSid: `MZ${'2'.repeat(32)}`,
  accountSid: `AC${'3'.repeat(32)}`,
};
const mediaFormat = { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 };
const start = { ...ids, tracks: ['inbound'], mediaFormat, customParameters: {} };

/** What Twilio says first on a stream. */
const twilioOpening: readonly string[] = [
  { event: 'connected', protocol: 'Call', version: '1.0.0' },
  { event: 'start', sequenceNumber: '1', start, streamSid: ids.streamSid },
].map((message) => JSON.stringify(message));

type Leaving = [how: string, leave: (wire: Wire) => void];

const leavings: Leaving[] = [
  ['resets', ({ socket }) => void socket.resetAndDestroy()],
  ['hangs up', ({ socket }) => void socket.end()],
  ['closes its socket', ({ socket }) => void socket.destroy()],
];

describe('while its bot is dialled', () => {
  test('a carrier that floods empty messages while its bot is dialled is held back, not stored', async () => {
    const { token } = await gateway.start('silent', { transport: 'twilio' });
    const before = silent.dials.length;
    const carrier = wireTo(gateway.port);
    carrier.send(upgradeText(`/ws/twilio/silent.local/${token}`));
    await answered(carrier);
    for (const payload of twilioOpening) carrier.send(maskedFrame({ opcode: TEXT, payload }));
    await expect.poll(() => silent.dials.length, { interval: 5 }).toBe(before + 1);
    const empty = Buffer.concat(Array<Buffer>(100_000).fill(maskedFrame({ opcode: TEXT })));
    for (let index = 0; index < 50; index += 1) carrier.send(empty);
    await new Promise((resolve) => setTimeout(resolve, 2000));
    expect(carrier.socket.writableLength).toBeGreaterThan(10_000_000);
    carrier.socket.resetAndDestroy();
  });

  test.each(leavings)('a caller that %s ends the dial at once, and may try again', async (_, leave) => {
    const { token } = await gateway.start('silent');
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const before = silent.dials.length;
      const caller = wireTo(gateway.port);
      caller.send(upgradeText(`/ws/generic/silent.local/${token}`));
      await expect.poll(() => silent.dials.length, { interval: 5 }).toBe(before + 1);
      const since = performance.now();
      leave(caller);
      await expect.poll(() => silent.dials[before]?.closed, { interval: 5 }).toBe(true);
      expect(performance.now() - since).toBeLessThan(1000);
    }
  });

  test('a caller that leaves frees its place only until its token expires: the reservation stays', async () => {
    const { token } = await gateway.start('single');
    const before = silent.dials.length;
    const caller = wireTo(gateway.port);
    caller.send(upgradeText(`/ws/generic/single.local/${token}`));
    await expect.poll(() => silent.dials.length, { interval: 5 }).toBe(before + 1);
    expect((await ask(gateway.port, upgradeText(`/ws/generic/single.local/${token}`))).status).toBe(403);
    caller.socket.resetAndDestroy();
    await expect.poll(() => silent.dials[before]?.closed, { interval: 5 }).toBe(true);
    expect((await gateway.post('single', '{}')).status).toBe(429);
  });

  test('a caller that floods before the answer is held back, not stored', async () => {
    const { token } = await gateway.start('silent');
    const before = silent.dials.length;
    const caller = wireTo(gateway.port);
    caller.send(upgradeText(`/ws/generic/silent.local/${token}`));
    await expect.poll(() => silent.dials.length, { interval: 5 }).toBe(before + 1);
    const frame = maskedFrame({ opcode: 2, payload: Buffer.alloc(64 * 1024) });
    for (let index = 0; index < 1024; index += 1) caller.send(frame);
    await new Promise((resolve) => setTimeout(resolve, 300));
    // Kernel buffers on loopback take some megabytes; the rest of the 64 stays with the caller.
    expect(caller.socket.writableLength).toBeGreaterThan(32 * 1024 * 1024);
    caller.socket.resetAndDestroy();
  });
});

test.each(leavings)(
  'a caller that %s while its token is looked up costs no lasting dial',
  async (_, leave) => {
    const { token } = await gateway.start('silent');
    const before = silent.dials.length;
    slowStore = 100;
    const caller = wireTo(gateway.port);
    caller.send(upgradeText(`/ws/generic/silent.local/${token}`));
    await once(caller.socket, 'connect');
    await new Promise((resolve) => setTimeout(resolve, 30));
    leave(caller);
    await new Promise((resolve) => setTimeout(resolve, 300));
    slowStore = 0;
    expect(silent.dials.slice(before).every(({ closed }) => closed)).toBe(true);
  },
);

test('300 callers that leave at random moments leave nothing behind', async () => {
  const tokens = await Promise.all(
    Array.from({ length: 300 }, async () => (await gateway.start('slow')).token),
  );
  await inParallel(tokens, 50, async (token, index) => {
    const caller = wireTo(gateway.port);
    caller.send(upgradeText(`/ws/generic/slow.local/${token}`));
    caller.send(maskedFrame({ opcode: TEXT, payload: `from ${index}` }));
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 80));
    const [, leave] = leavings[index % leavings.length] ?? [];
    leave?.(caller);
    if (index % 2 === 0) caller.socket.destroy();
  });
  await expect
    .poll(() => slow.sockets.every(({ readyState }) => readyState === 3), { timeout: 10_000 })
    .toBe(true);
  // Every place is free again: as many sockets as the limit allows can be open at once.
  const { token } = await gateway.start('support');
  expect((await ask(gateway.port, upgradeText(`/ws/generic/support.local/${token}`))).status).toBe(101);
  const bugs = gateway.log.filter(({ level }) => level === 'error');
  expect(bugs).toEqual([]);
});
