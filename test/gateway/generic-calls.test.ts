import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort, testBot, type TestBot } from '../helpers/bot.ts';
import { connect, knock, upgradeHeaders } from '../helpers/client.ts';
import { testGateway, type TestGateway } from '../helpers/gateway.ts';

let bot: TestBot;
let gateway: TestGateway;

beforeAll(async () => {
  bot = await testBot();
  gateway = await testGateway({
    agents: {
      support: bot.url,
      open: `websocket_auth = "none"\nbots = ["${bot.url}"]`,
      single: `websocket_auth = "none"\nbots = ["${bot.url}"]\nscaling = { max_agents = 1 }`,
      nobody: `ws://127.0.0.1:${await freePort()}/ws`,
    },
  });
});
afterAll(async () => {
  await gateway.close();
  await bot.close();
});

/** A byte every 20 ms: never silent, never done. */
function drip(wire: Duplex, text: string): void {
  let sent = 0;
  const timer = setInterval(() => wire.write(text.charAt(sent++)), 20);
  wire.once('close', () => clearInterval(timer));
}

describe('the address of a socket', () => {
  test.each([
    [
      'a path and its token as the last segment',
      (token: string) => `/ws/generic/support.local/${token}`,
      false,
    ],
    ['a path and ?token=', (token: string) => `/ws/generic/support.local?token=${token}`, false],
    [
      '?serviceHost= and ?token=',
      (token: string) => `/ws/generic?serviceHost=support.local&token=${token}`,
      false,
    ],
    ['a path and a bearer header', () => '/ws/generic/support.local', true],
    ['?serviceHost= and a bearer header', () => '/ws/generic?serviceHost=support.local', true],
    ['a token alone, which names its agent', (token: string) => `/ws/generic?token=${token}`, false],
  ])('is %s', async (_, path, inHeader) => {
    const { token } = await gateway.start('support');
    const headers = inHeader ? { authorization: `Bearer ${token}` } : {};
    expect(await knock(gateway.ws + path(token), { headers })).toMatchObject({ status: 101 });
    expect(await knock(gateway.ws + path(token), { headers })).toMatchObject({ status: 403 });
  });

  test.each([
    ['/ws/nothing/support.local', 404],
    ['/ws/generic/stranger.local/x', 404],
    ['/ws/generic/support', 400],
    ['/ws/generic/Support.local', 400],
    ['/ws/generic', 400],
    ['/ws/generic/support.local?serviceHost=open.local', 400],
    ['/ws/generic/support.local', 403],
    ['/ws/generic/open.local?body=!!', 400],
  ])('%s is answered with %i', async (path, status) => {
    const answer = await knock(gateway.ws + path);
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body)).toMatchObject({ error: expect.any(String), code: String(status) });
  });
});

describe('an agent without tokens', () => {
  test('lets anybody in, and ignores a token that is sent', async () => {
    expect(await knock(`${gateway.ws}/ws/generic/open.local`)).toMatchObject({ status: 101 });
    expect(await knock(`${gateway.ws}/ws/generic/open.local/whatever`)).toMatchObject({ status: 101 });
  });

  test('hands ?body= to the bot as it is', async () => {
    const json = '{"name":"Zoë","n":12345678901234567890}';
    const before = bot.dials.length;
    const encoded = Buffer.from(json).toString('base64url');
    expect(await knock(`${gateway.ws}/ws/generic/open.local?body=${encoded}`)).toMatchObject({ status: 101 });
    const given = new URL(bot.dials[before]?.url ?? '', 'ws://bot').searchParams.get('body') ?? '';
    expect(Buffer.from(given, 'base64').toString()).toBe(json);
  });

  test.each([
    [4096, 101],
    [4097, 400],
  ])('?body= of %i bytes is answered with %i', async (bytes, status) => {
    const json = JSON.stringify('x'.repeat(bytes - 2));
    const encoded = encodeURIComponent(Buffer.from(json).toString('base64'));
    expect((await knock(`${gateway.ws}/ws/generic/open.local?body=${encoded}`)).status).toBe(status);
  });

  test('has no more sockets than max_agents', async () => {
    const url = `${gateway.ws}/ws/generic/single.local`;
    const first = await connect(url);
    expect(await knock(url)).toMatchObject({ status: 429 });
    first.socket.close();
    await expect.poll(async () => (await knock(url)).status).toBe(101);
  });
});

describe('the dial', () => {
  test('names the session and carries the body, and none of the secrets of the caller', async () => {
    const body = { language: 'de' };
    const { sessionId, token, wsUrl } = await gateway.start('support', { body });
    const before = bot.dials.length;
    const client = await connect(`${wsUrl}/${token}`, {
      headers: { cookie: 'a=b', 'x-call-from': 'forged' },
    });
    const { headers, url } = bot.dials[before] ?? {};
    expect(headers?.['x-daily-session-id']).toBe(sessionId);
    expect(url).toBe(`/ws?body=${encodeURIComponent(Buffer.from(JSON.stringify(body)).toString('base64'))}`);
    expect(headers).not.toHaveProperty('cookie');
    expect(headers).not.toHaveProperty('x-call-from');
    expect(JSON.stringify(headers)).not.toContain(token);
    client.socket.close();
  });

  test('a body of any size is fetched with the credential of the dial', async () => {
    const body = JSON.stringify({ big: 'x'.repeat(500_000), n: 12345678901234567890n.toString() });
    const answer = await gateway.post('support', `{"body": ${body} }`);
    const { token, wsUrl } = (await answer.json()) as { token: string; wsUrl: string };
    const before = bot.dials.length;
    const client = await connect(`${wsUrl}/${token}`);
    const { headers = {}, url } = bot.dials[before] ?? {};
    expect(url).toBe('/ws');
    const address = String(headers['x-session-body-url']);
    const credential = String(headers['x-session-credential']);
    const fetched = await fetch(address, { headers: { authorization: `Bearer ${credential}` } });
    expect(await fetched.text()).toBe(body);
    expect((await fetch(address)).status).toBe(401);
    client.socket.close();
  });

  test('a bot that is down is a 503, and the token works once the bot is up', async () => {
    const port = await freePort();
    const down = await testGateway({ agents: { a: `ws://127.0.0.1:${port}/ws` } });
    const { wsUrl, token } = await down.start('a');
    const refused = await knock(`${wsUrl}/${token}`);
    expect(refused.status).toBe(503);
    expect(JSON.parse(refused.body)).toMatchObject({ code: '503', reason: 'ERR_BOT_UNREACHABLE' });
    const late = await testBot({ port });
    expect(await knock(`${wsUrl}/${token}`)).toMatchObject({ status: 101 });
    expect(await knock(`${wsUrl}/${token}`)).toMatchObject({ status: 403 });
    await down.close();
    await late.close();
  });

  test.each([
    ['says nothing', () => {}],
    [
      'drips its answer',
      (wire: Duplex) => drip(wire, 'HTTP/1.1 101 Switching Protocols\r\nx-filler: '.padEnd(4000, 'x')),
    ],
    [
      'answers something else',
      (wire: Duplex) => void wire.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'),
    ],
    ['answers garbage', (wire: Duplex) => void wire.end('no HTTP at all\r\n\r\n')],
    ['hangs up', (wire: Duplex) => void wire.destroy()],
  ])('a bot that %s is a 503 in time, and the token is good again', async (_, talk) => {
    const odd = createServer().listen(0, '127.0.0.1');
    odd.on('upgrade', (_request, wire: Duplex) => {
      wire.on('error', () => {});
      talk(wire);
    });
    await once(odd, 'listening');
    const { port } = odd.address() as AddressInfo;
    const limits = { dialTimeout: 300 };
    const between = await testGateway({ agents: { a: `ws://127.0.0.1:${port}/ws` }, limits });
    const { wsUrl, token } = await between.start('a');
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const refused = await knock(`${wsUrl}/${token}`);
      expect([refused.status, refused.headers['retry-after']]).toEqual([503, '1']);
    }
    await between.close();
    odd.closeAllConnections();
    odd.close();
  });

  test('a bot that redirects is not followed', async () => {
    const redirecting = createServer().listen(0, '127.0.0.1');
    redirecting.on('upgrade', (_, wire) => {
      wire.end(`HTTP/1.1 302 Found\r\nlocation: ${bot.url}\r\ncontent-length: 0\r\n\r\n`);
    });
    await once(redirecting, 'listening');
    const { port } = redirecting.address() as AddressInfo;
    const between = await testGateway({ agents: { a: `ws://127.0.0.1:${port}/ws` } });
    const before = bot.dials.length;
    const { wsUrl, token } = await between.start('a');
    expect(await knock(`${wsUrl}/${token}`)).toMatchObject({ status: 503 });
    expect(bot.dials.length).toBe(before);
    await between.close();
    redirecting.close();
  });

  test('the next bot of an agent is tried when one is down', async () => {
    const two = await testGateway({
      agents: { a: `websocket_auth = "token"\nbots = ["ws://127.0.0.1:${await freePort()}/", "${bot.url}"]` },
    });
    const { wsUrl, token } = await two.start('a');
    expect(await knock(`${wsUrl}/${token}`)).toMatchObject({ status: 101 });
    await two.close();
  });

  test.each([
    ['passes on what the bot chooses', 'b', 'b'],
    ['answers nothing when the bot chooses nothing', undefined, undefined],
  ])('%s of the subprotocols', async (_, subprotocol, chosen) => {
    const choosy = await testBot(subprotocol === undefined ? {} : { subprotocol });
    const between = await testGateway({ agents: { a: choosy.url } });
    const { wsUrl, token } = await between.start('a');
    const headers = await upgradeHeaders(`${wsUrl}/${token}`, { 'sec-websocket-protocol': 'a, b' });
    expect(headers['sec-websocket-protocol']).toBe(chosen);
    expect(choosy.dials[0]?.headers['sec-websocket-protocol']).toBe('a, b');
    await between.close();
    await choosy.close();
  });
});

describe('messages', () => {
  test('two hundred of them, text and binary, 0 bytes to 1 MiB, some in fragments, arrive as sent, both ways', async () => {
    const { wsUrl, token } = await gateway.start('support');
    const client = await connect(`${wsUrl}/${token}`);
    const sent = Array.from({ length: 200 }, (_, index) => {
      const size = index % 20 === 0 ? 1024 * 1024 : (index * 7919) % 5000;
      const isBinary = index % 2 === 0;
      const data = isBinary ? randomBytes(size) : Buffer.from(randomBytes(size / 2).toString('hex') + 'é');
      return { data: index === 2 ? Buffer.alloc(0) : data, isBinary, pieces: (index % 4) + 1 };
    });
    for (const { data, isBinary, pieces } of sent) {
      const step = Math.max(1, Math.ceil(data.length / pieces));
      for (let at = 0; at === 0 || at < data.length; at += step) {
        const fin = at + step >= data.length;
        client.socket.send(data.subarray(at, at + step), { binary: isBinary, fin });
      }
    }
    await expect.poll(() => client.messages.length, { timeout: 10_000 }).toBe(200);
    for (const [index, { data, isBinary }] of sent.entries()) {
      expect(client.messages[index]?.isBinary).toBe(isBinary);
      expect(client.messages[index]?.data.equals(data)).toBe(true);
    }
    client.socket.close(4321, 'done');
    expect(await client.closed).toEqual({ code: 4321, reason: 'done' });
  });
});
