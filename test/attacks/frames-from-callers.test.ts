import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { WebSocket } from 'ws';
import { testBot, type TestBot } from '../helpers/bot.ts';
import { connect } from '../helpers/client.ts';
import { testGateway, type TestGateway } from '../helpers/gateway.ts';
import { expectNormalCall } from './alive.ts';
import {
  BINARY,
  CLOSE,
  closeCodeIn,
  closePayload,
  framesAfterHead,
  maskedFrame,
  PING,
  plainFrame,
  PONG,
  TEXT,
} from './frame.ts';
import { MAX_CONTROLS } from '../../gateway/limits.ts';
import { rawBot } from './raw-bot.ts';
import { answered, inParallel, upgradeText, wireTo, type Wire } from './raw.ts';

const KIB = 1024;

let bot: TestBot;
let gateway: TestGateway;
const heard: Buffer[] = [];

beforeAll(async () => {
  bot = await testBot({
    talk: (socket) =>
      socket.on('message', (data: Buffer, binary) => {
        heard.push(data);
        socket.send(data, { binary });
      }),
  });
  gateway = await testGateway({
    agents: { support: bot.url, open: `websocket_auth = "none"\nbots = ["${bot.url}"]` },
    limits: { maxMessageBytes: 64 * KIB, maxFragments: 32, closeTimeout: 300, stallTimeout: 500 },
  });
});
afterEach(async () => {
  await expectNormalCall(gateway, 'support');
  heard.splice(0);
});
afterAll(async () => {
  await gateway.close();
  await bot.close();
});

/** A caller that speaks bytes, and the bot's end of its call. */
async function rawCall(): Promise<{ caller: Wire; botSide: WebSocket; botClosed: Promise<number> }> {
  const opened = bot.next();
  const caller = wireTo(gateway.port);
  caller.send(upgradeText('/ws/generic/open.local'));
  await answered(caller);
  const botSide = await opened;
  const botClosed = new Promise<number>((resolve) => botSide.once('close', (code) => resolve(code)));
  return { caller, botSide, botClosed };
}

const SLICE = Buffer.alloc(1, 97);

function fragments(count: number, payload: Buffer): Buffer {
  const pieces = Array.from({ length: count }, (_, index) => {
    return maskedFrame({ opcode: index === 0 ? TEXT : 0, payload, fin: index === count - 1 });
  });
  return Buffer.concat(pieces);
}

describe('a caller that breaks the protocol or a limit', () => {
  test.each<[name: string, bytes: Buffer, code: number]>([
    ['announces 2^62 bytes', maskedFrame({ opcode: BINARY, announced: 2n ** 62n }), 1009],
    ['announces 2^63 bytes', maskedFrame({ opcode: BINARY, announced: 2n ** 63n }), 1002],
    ['announces all the bits there are', maskedFrame({ opcode: BINARY, announced: 2n ** 64n - 1n }), 1002],
    [
      'announces one byte more than a message may have',
      maskedFrame({ opcode: BINARY, announced: 64n * 1024n + 1n }),
      1009,
    ],
    ['sends that byte in a second fragment', fragments(2, Buffer.alloc(32 * KIB + 1)), 1009],
    ['sends a fragment more than a message may have', fragments(33, SLICE), 1008],
    ['sends an empty fragment more than a message may have', fragments(33, Buffer.alloc(0)), 1008],
    ['sets RSV1', maskedFrame({ opcode: TEXT, payload: 'x', rsv: 4 }), 1002],
    ['sets RSV2', maskedFrame({ opcode: TEXT, payload: 'x', rsv: 2 }), 1002],
    ['sets RSV3', maskedFrame({ opcode: TEXT, payload: 'x', rsv: 1 }), 1002],
    ['does not mask', plainFrame({ opcode: TEXT, payload: 'x' }), 1002],
    ['uses opcode 3', maskedFrame({ opcode: 3, payload: 'x' }), 1002],
    ['uses opcode 11', maskedFrame({ opcode: 11, payload: 'x' }), 1002],
    ['begins with a continuation', maskedFrame({ opcode: 0, payload: 'x' }), 1002],
    [
      'begins a message within a message',
      Buffer.concat([fragmentOf('a'), maskedFrame({ opcode: TEXT, payload: 'b' })]),
      1002,
    ],
    ['fragments a ping', maskedFrame({ opcode: PING, payload: 'x', fin: false }), 1002],
    ['pings with 126 bytes', maskedFrame({ opcode: PING, payload: 'x'.repeat(126) }), 1002],
    ['sends text that is not UTF-8', maskedFrame({ opcode: TEXT, payload: Buffer.from([0xc0, 0xaf]) }), 1007],
    [
      'sends half of a surrogate',
      maskedFrame({ opcode: TEXT, payload: Buffer.from([0xed, 0xa0, 0x80]) }),
      1007,
    ],
    [
      'cuts a character in two at the end',
      maskedFrame({ opcode: TEXT, payload: Buffer.from([0xe2, 0x82]) }),
      1007,
    ],
    ['closes with one byte', maskedFrame({ opcode: CLOSE, payload: 'x' }), 1002],
    [
      'closes with 126 bytes',
      maskedFrame({ opcode: CLOSE, payload: closePayload(1000, 'x'.repeat(124)) }),
      1002,
    ],
    [
      'closes with a reason that is not UTF-8',
      maskedFrame({ opcode: CLOSE, payload: Buffer.from([3, 232, 0xc0]) }),
      1007,
    ],
    ...[0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535].map(
      (code): [string, Buffer, number] => [
        `closes with ${code}`,
        maskedFrame({ opcode: CLOSE, payload: closePayload(code) }),
        1002,
      ],
    ),
  ])('and %s hears why; the bot hears 1011 and no message', async (_, bytes, code) => {
    const { caller, botClosed } = await rawCall();
    caller.send(bytes);
    await caller.closed;
    expect(closeCodeIn(caller.received())).toBe(code);
    expect(await botClosed).toBe(1011);
    expect(heard).toEqual([]);
    caller.socket.destroy();
  });

  test('is told apart from one that stays just within the limits', async () => {
    const { caller } = await rawCall();
    caller.send(fragments(32, SLICE));
    caller.send(fragments(2, Buffer.alloc(32 * KIB, 97)));
    caller.send(maskedFrame({ opcode: BINARY, payload: Buffer.alloc(64 * KIB) }));
    await expect.poll(() => heard.map(({ length }) => length)).toEqual([32, 64 * KIB, 64 * KIB]);
    caller.socket.destroy();
  });

  test.each([1000, 1001, 1003, 1007, 1011, 1014, 3000, 4999])('closing with %i is no fault', async (code) => {
    const { caller, botClosed } = await rawCall();
    caller.send(maskedFrame({ opcode: CLOSE, payload: closePayload(code) }));
    await caller.closed;
    caller.socket.end();
    expect(closeCodeIn(caller.received())).toBe(code);
    expect(await botClosed).toBe(code);
  });
});

function fragmentOf(payload: string): Buffer {
  return maskedFrame({ opcode: TEXT, payload, fin: false });
}

describe('a flood', () => {
  test('of pings is passed on up to the limit, one more ends the call with 1008', async () => {
    const raw = await rawBot((socket) => socket.resume());
    const between = await testGateway({
      agents: { open: `websocket_auth = "none"\nbots = ["${raw.url}"]` },
      limits: { closeTimeout: 300 },
    });
    const caller = wireTo(between.port);
    caller.send(upgradeText('/ws/generic/open.local'));
    await answered(caller);
    let bytes = 0;
    raw.sockets[0]?.on('data', (chunk) => (bytes += chunk.length));
    const ping = maskedFrame({ opcode: PING, payload: 'x'.repeat(119) });
    caller.send(Buffer.concat(Array<Buffer>(MAX_CONTROLS).fill(ping)));
    await expect.poll(() => bytes).toBe(MAX_CONTROLS * 125);
    caller.send(Buffer.concat(Array<Buffer>(20_000).fill(ping)));
    await caller.closed;
    expect(closeCodeIn(caller.received())).toBe(1008);
    expect(bytes).toBe(
      MAX_CONTROLS * 125 + maskedFrame({ opcode: CLOSE, payload: closePayload(1011) }).length,
    );
    caller.socket.destroy();
    await between.close();
    await raw.close();
  });

  test('of 50 pings at once is answered ping by ping', async () => {
    const { caller } = await rawCall();
    const payloads = Array.from({ length: 50 }, (_, index) => `ping ${index}`);
    caller.send(Buffer.concat(payloads.map((payload) => maskedFrame({ opcode: PING, payload }))));
    const pongs = (): string[] =>
      framesAfterHead(caller.received()).flatMap(({ opcode, payload }) =>
        opcode === PONG ? [String(payload)] : [],
      );
    await expect.poll(pongs).toEqual(payloads);
    caller.socket.destroy();
  });

  test('of 20,000 small messages arrives whole and in order, and other calls stay quick', async () => {
    const { caller } = await rawCall();
    const messages = Array.from({ length: 20_000 }, (_, index) =>
      maskedFrame({ opcode: TEXT, payload: String(index) }),
    );
    caller.send(Buffer.concat(messages));
    const since = performance.now();
    await expectNormalCall(gateway, 'support');
    expect(performance.now() - since).toBeLessThan(3000);
    const numbers = (): string[] => heard.map(String).filter((text) => text !== 'hello?');
    await expect.poll(() => numbers().length, { timeout: 10_000 }).toBe(20_000);
    expect(numbers()).toEqual(messages.map((_, index) => String(index)));
    caller.socket.destroy();
  });
});

describe('a peer that does not finish closing', () => {
  test('is cut off when it never answers a close frame', async () => {
    const { caller, botSide } = await rawCall();
    const since = performance.now();
    botSide.close(1000, 'done');
    await new Promise((resolve) => caller.socket.once('end', resolve));
    expect(closeCodeIn(caller.received())).toBe(1000);
    expect(performance.now() - since).toBeLessThan(2000);
    caller.socket.destroy();
  });

  test('is cut off when it answers but never ends its connection', async () => {
    const { caller, botClosed } = await rawCall();
    caller.send(maskedFrame({ opcode: CLOSE, payload: closePayload(1000) }));
    expect(await botClosed).toBe(1000);
    const writing = setInterval(() => caller.send('x'), 50);
    await new Promise((resolve) => caller.socket.once('close', resolve));
    clearInterval(writing);
  });
});

test('in 100 calls at once every message stays in its own call', async () => {
  const texts = await Promise.all(
    Array.from({ length: 100 }, async (_, call) => {
      const caller = await connect(`${gateway.ws}/ws/generic/open.local`);
      const sent = Array.from(
        { length: 50 },
        (_unused, index) => `${call}/${index}/${'x'.repeat((call * index) % 997)}`,
      );
      await inParallel(sent, 1, async (text) => caller.socket.send(text));
      await expect.poll(() => caller.messages.length, { timeout: 10_000 }).toBe(sent.length);
      caller.socket.close(1000);
      return { sent, got: caller.texts() };
    }),
  );
  for (const { sent, got } of texts) expect(got).toEqual(sent);
});
