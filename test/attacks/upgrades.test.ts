import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { testBot, type TestBot } from '../helpers/bot.ts';
import { testGateway, type TestGateway } from '../helpers/gateway.ts';
import { expectNormalCall } from './alive.ts';
import { maskedFrame } from './frame.ts';
import { ask, handshake, readAnswer, requestText, upgradeText, wireTo } from './raw.ts';

const heard: string[] = [];
let bot: TestBot;
let gateway: TestGateway;

beforeAll(async () => {
  bot = await testBot({
    talk: (socket) =>
      socket.on('message', (data: Buffer, binary) => {
        heard.push(data.toString());
        socket.send(data, { binary });
      }),
  });
  gateway = await testGateway({
    agents: {
      support: bot.url,
      open: `websocket_auth = "none"\nbots = ["${bot.url}"]`,
    },
  });
});
afterEach(() => expectNormalCall(gateway, 'support'));
afterAll(async () => {
  await gateway.close();
  await bot.close();
});

const OPEN = '/ws/generic/open.local';
const smuggled = maskedFrame({ opcode: 1, payload: 'smuggled' });

describe('an upgrade request with a body', () => {
  test.each([
    ['Content-Length', [`Content-Length: ${smuggled.length}`]],
    ['Content-Length in front of all other headers', [`Content-Length: ${smuggled.length}`]],
    ['Content-Length behind a hundred others', [...padding(150), `Content-Length: ${smuggled.length}`]],
    ['Transfer-Encoding: chunked', ['Transfer-Encoding: chunked']],
    ['Transfer-Encoding behind a hundred others', [...padding(150), 'Transfer-Encoding: chunked']],
    ['both', [`Content-Length: ${smuggled.length}`, 'Transfer-Encoding: chunked']],
    ['an unknown Transfer-Encoding', ['Transfer-Encoding: xchunked']],
    ['Content-Length twice', ['Content-Length: 0', `Content-Length: ${smuggled.length}`]],
    ['a Content-Length that is no number', ['Content-Length: +14']],
    ['a Content-Length of 00', ['Content-Length: 00']],
    ['a space before the colon', [`Content-Length : ${smuggled.length}`]],
    ['a folded line', ['X-A: b', ` Content-Length: ${smuggled.length}`]],
  ])('%s is refused, and the bot hears nothing of it', async (_, lines) => {
    const before = bot.dials.length;
    const request = Buffer.concat([Buffer.from(upgradeText(OPEN, lines)), smuggled]);
    const answer = await ask(gateway.port, request);
    expect([400, 431]).toContain(answer.status);
    expect(answer.headers['connection']).toBe('close');
    expect(bot.dials.length).toBe(before);
    expect(heard).not.toContain('smuggled');
  });

  test('Content-Length: 0 is no body', async () => {
    expect(await ask(gateway.port, upgradeText(OPEN, ['Content-Length: 0']))).toMatchObject({ status: 101 });
  });

  test('a line that ends in a bare line feed hides nothing', async () => {
    const request = upgradeText(OPEN, [`X-A: b\nContent-Length: ${smuggled.length}`]);
    const answer = await ask(gateway.port, Buffer.concat([Buffer.from(request), smuggled]));
    expect(answer.status).toBe(400);
  });
});

function padding(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `X-${index}: y`);
}

describe('something like a WebSocket handshake', () => {
  test.each([
    ['version 12', upgradeText(OPEN, ['Sec-WebSocket-Version: 12'], ['sec-websocket-version']), 426],
    ['version 8', upgradeText(OPEN, ['Sec-WebSocket-Version: 8'], ['sec-websocket-version']), 426],
    ['version 13 twice', upgradeText(OPEN, ['Sec-WebSocket-Version: 13']), 426],
    ['no version', upgradeText(OPEN, [], ['sec-websocket-version']), 426],
    ['no key', upgradeText(OPEN, [], ['sec-websocket-key']), 400],
    ['a short key', upgradeText(OPEN, ['Sec-WebSocket-Key: QUFB'], ['sec-websocket-key']), 400],
    ['a long key', upgradeText(OPEN, [`Sec-WebSocket-Key: ${'A'.repeat(32)}`], ['sec-websocket-key']), 400],
    [
      'a key that is not base64',
      upgradeText(OPEN, [`Sec-WebSocket-Key: ${'!'.repeat(22)}==`], ['sec-websocket-key']),
      400,
    ],
    ['two keys', upgradeText(OPEN, ['Sec-WebSocket-Key: BBBBBBBBBBBBBBBBBBBBBA==']), 400],
    ['h2c', upgradeText(OPEN, ['Upgrade: h2c'], ['upgrade']), 400],
    ['websocket and h2c', upgradeText(OPEN, ['Upgrade: h2c']), 400],
    ['no Host', upgradeText(OPEN, [], ['host']), 400],
    ['two Hosts', upgradeText(OPEN, ['Host: evil.test']), 400],
    [
      'two Hosts, the second behind a hundred headers',
      upgradeText(OPEN, [...padding(150), 'Host: evil.test']),
      431,
    ],
    ['POST', requestText('POST', OPEN, ['Host: a', ...handshake]), 405],
    ['HEAD', requestText('HEAD', OPEN, ['Host: a', ...handshake]), 405],
    ['HTTP/1.0', requestText('GET', OPEN, ['Host: a', ...handshake], '1.0'), 505],
    ['101 headers', upgradeText(OPEN, padding(96)), 431],
    ['2,000 headers', upgradeText(OPEN, Array<string>(2000).fill('a:b')), 431],
    ['one header of 64 KiB', upgradeText(OPEN, [`X-A: ${'a'.repeat(65_536)}`]), 431],
    ['a header block of 16 KiB and a byte', upgradeText(OPEN, [`X-A: ${'a'.repeat(16 * 1024)}`]), 431],
    ['a subprotocol that is no token', upgradeText(OPEN, ['Sec-WebSocket-Protocol: a b']), 400],
    ['an empty subprotocol', upgradeText(OPEN, ['Sec-WebSocket-Protocol: a,,b']), 400],
    ['a subprotocol twice', upgradeText(OPEN, ['Sec-WebSocket-Protocol: a, a']), 400],
  ])('with %s is refused, and no bot is dialled', async (_, request, status) => {
    const before = bot.dials.length;
    const answer = await ask(gateway.port, request);
    expect(answer.status).toBe(status);
    expect(answer.headers['connection']).toBe('close');
    expect(bot.dials.length).toBe(before);
  });

  test('with 100 headers is one', async () => {
    expect(await ask(gateway.port, upgradeText(OPEN, padding(95)))).toMatchObject({ status: 101 });
  });

  test.each([
    ['the name of an object member', 'Sec-WebSocket-Extensions: constructor'],
    ['permessage-deflate', 'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits'],
    ['5,000 parameters', `Sec-WebSocket-Extensions: a${'; '.repeat(5000)}`],
    ['an unclosed quote', 'Sec-WebSocket-Extensions: a; b="'],
  ])('with %s as extension gets no extension', async (_, line) => {
    const answer = await ask(gateway.port, upgradeText(OPEN, [line]));
    expect(answer.status).toBe(101);
    expect(answer.headers).not.toHaveProperty('sec-websocket-extensions');
  });

  test('with 15,000 blanks as subprotocol is answered at once', async () => {
    const since = performance.now();
    const answer = await ask(
      gateway.port,
      upgradeText(OPEN, [`Sec-WebSocket-Protocol: a${' '.repeat(15_000)}b`]),
    );
    expect(answer.status).toBe(400);
    expect(performance.now() - since).toBeLessThan(1000);
  });
});

describe('a connection whose upgrade was refused', () => {
  test('is no tunnel: a second request on it is not answered', async () => {
    const second = requestText('GET', '/livez', ['Host: a']);
    const wrong = upgradeText(OPEN, ['Sec-WebSocket-Version: 9'], ['sec-websocket-version']);
    const together = await ask(gateway.port, wrong + second);
    expect(together.text.match(/HTTP\/1\.1/g)).toHaveLength(1);
    const wire = wireTo(gateway.port);
    wire.send(wrong);
    await wire.closed;
    wire.socket.end(second);
    await new Promise((resolve) => wire.socket.once('close', resolve));
    expect(readAnswer(wire.received()).status).toBe(426);
    expect(
      wire
        .received()
        .toString()
        .match(/HTTP\/1\.1/g),
    ).toHaveLength(1);
  });

  test('is not kept for a peer that never hangs up', async () => {
    const wire = wireTo(gateway.port);
    wire.send(upgradeText('/ws/generic/support.local'));
    await wire.closed;
    // This half stays open; only writing to it tells that nobody holds the other half any more.
    const writing = setInterval(() => wire.send('still there?'), 100);
    await new Promise((resolve) => wire.socket.once('close', resolve));
    clearInterval(writing);
    expect(readAnswer(wire.received()).status).toBe(403);
  });
});
