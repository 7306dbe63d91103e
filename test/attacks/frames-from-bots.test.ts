import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { testBot, type TestBot } from '../helpers/bot.ts';
import { connect, knock } from '../helpers/client.ts';
import { testGateway, type TestGateway } from '../helpers/gateway.ts';
import { expectNormalCall } from './alive.ts';
import { BINARY, CLOSE, closePayload, maskedFrame, PING, plainFrame, TEXT } from './frame.ts';
import { rawBot, type RawBot } from './raw-bot.ts';

const KIB = 1024;

let bot: TestBot;
let raw: RawBot;
let gateway: TestGateway;
let greeting: (socket: Socket) => void = () => {};
let head: (right: string) => string = (right) => right;

beforeAll(async () => {
  bot = await testBot();
  raw = await rawBot(
    (socket) => greeting(socket),
    (right) => head(right),
  );
  gateway = await testGateway({
    agents: { support: bot.url, raw: raw.url },
    limits: { maxMessageBytes: 64 * KIB, maxFragments: 32, closeTimeout: 300, dialTimeout: 500 },
  });
});
afterEach(async () => {
  greeting = () => {};
  head = (right) => right;
  await expectNormalCall(gateway, 'support');
});
afterAll(async () => {
  await gateway.close();
  await Promise.all([bot.close(), raw.close()]);
});

function fragments(count: number): Buffer {
  const pieces = Array.from({ length: count }, (_, index) => {
    return plainFrame({ opcode: index === 0 ? TEXT : 0, payload: 'a', fin: index === count - 1 });
  });
  return Buffer.concat(pieces);
}

const illegal: [name: string, bytes: Buffer][] = [
  ['a masked frame', maskedFrame({ opcode: TEXT, payload: 'forged' })],
  ['RSV1', plainFrame({ opcode: TEXT, payload: 'forged', rsv: 4 })],
  ['opcode 7', plainFrame({ opcode: 7, payload: 'forged' })],
  ['text that is not UTF-8', plainFrame({ opcode: TEXT, payload: Buffer.from([0xff]) })],
  ['a ping of 126 bytes', plainFrame({ opcode: PING, payload: 'x'.repeat(126) })],
  ['a frame of 2^62 bytes', plainFrame({ opcode: BINARY, announced: 2n ** 62n })],
  ['a message over the limit', plainFrame({ opcode: BINARY, payload: Buffer.alloc(64 * KIB + 1) })],
  ['too many fragments', fragments(33)],
  ['close code 1005', plainFrame({ opcode: CLOSE, payload: closePayload(1005) })],
  ['close code 1006', plainFrame({ opcode: CLOSE, payload: closePayload(1006) })],
  ['close code 999', plainFrame({ opcode: CLOSE, payload: closePayload(999) })],
  ['bytes that are no frames', Buffer.from('HTTP/1.1 200 OK\r\n\r\n')],
];

describe('a bot that breaks the protocol or a limit', () => {
  test.each(illegal)('with %s: the caller hears 1011 and no forged message', async (_, bytes) => {
    greeting = (socket) => setTimeout(() => socket.write(bytes), 50);
    const { wsUrl, token } = await gateway.start('raw');
    const caller = await connect(`${wsUrl}/${token}`);
    expect((await caller.closed).code).toBe(1011);
    expect(caller.messages).toEqual([]);
  });

  test.each(illegal)('with %s, together with its handshake: the same', async (_, bytes) => {
    greeting = (socket) => socket.write(bytes);
    const { wsUrl, token } = await gateway.start('raw');
    const caller = await connect(`${wsUrl}/${token}`);
    expect((await caller.closed).code).toBe(1011);
    expect(caller.messages).toEqual([]);
  });

  test.each<[how: string, leave: (socket: Socket) => void]>([
    ['hangs up', (socket) => socket.end()],
    ['resets', (socket) => socket.resetAndDestroy()],
    ['hangs up within a frame', (socket) => socket.end(plainFrame({ opcode: TEXT, announced: 100n }))],
  ])('because it %s: the caller hears 1011', async (_, leave) => {
    greeting = (socket) => setTimeout(leave, 50, socket);
    const { wsUrl, token } = await gateway.start('raw');
    const caller = await connect(`${wsUrl}/${token}`);
    expect((await caller.closed).code).toBe(1011);
  });

  test('because it never answers a close: its connection is cut off', async () => {
    const opened = new Promise<Socket>((resolve) => {
      greeting = resolve;
    });
    const { wsUrl, token } = await gateway.start('raw');
    const caller = await connect(`${wsUrl}/${token}`);
    const socket = await opened;
    const since = performance.now();
    caller.socket.close(1000);
    await once(socket, 'close');
    expect(performance.now() - since).toBeLessThan(2000);
  });
});

describe('a bot that lies in its handshake', () => {
  const dripping = (right: string): string => right.slice(0, 40);
  test.each<[name: string, answer: (right: string) => string]>([
    ['a wrong accept', (right) => right.replace(/(Accept: )\S+/, '$1AAAAAAAAAAAAAAAAAAAAAAAAAAA=')],
    ['no accept', (right) => right.replace(/Sec-WebSocket-Accept: \S+\r\n/, '')],
    [
      'an extension nobody offered',
      (right) => right.replace(/\r\n\r\n$/, '\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n'),
    ],
    [
      'a subprotocol nobody offered',
      (right) => right.replace(/\r\n\r\n$/, '\r\nSec-WebSocket-Protocol: evil\r\n\r\n'),
    ],
    ['an upgrade to something else', (right) => right.replace('Upgrade: websocket', 'Upgrade: h2c')],
    ['a redirect', () => 'HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n'],
    ['200', () => 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret'],
    ['500', () => 'HTTP/1.1 500 Oops\r\nContent-Length: 6\r\n\r\nsecret'],
    ['garbage', () => 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['64 KiB of headers', (right) => right.replace(/\r\n\r\n$/, `\r\nX-A: ${'a'.repeat(65_536)}\r\n\r\n`)],
    ['half of an answer', dripping],
  ])('%s: the caller gets 503, no detail of it, and the token stays good', async (_, answer) => {
    head = answer;
    const { wsUrl, token } = await gateway.start('raw');
    const refused = await knock(`${wsUrl}/${token}`);
    expect(refused.status).toBe(503);
    expect(JSON.parse(refused.body)).toMatchObject({ code: '503', reason: 'ERR_BOT_UNREACHABLE' });
    expect(refused.body).not.toMatch(/secret|evil|127\.0\.0\.1/);
    head = (right) => right;
    expect((await knock(`${wsUrl}/${token}`)).status).toBe(101);
  });

  test('a header more every 100 ms: the dial ends in time all the same', async () => {
    head = dripping;
    greeting = (socket) => {
      const drip = setInterval(() => socket.write('X-A: b\r\n'), 100);
      socket.once('close', () => clearInterval(drip));
    };
    const { wsUrl, token } = await gateway.start('raw');
    const since = performance.now();
    expect((await knock(`${wsUrl}/${token}`)).status).toBe(503);
    expect(performance.now() - since).toBeLessThan(2000);
  });
});
