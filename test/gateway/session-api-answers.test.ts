import { randomUUID } from 'node:crypto';
import { request as open, type RequestListener, type ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { freePort } from '../helpers/bot.ts';
import { heard, proxiedCall, type ProxiedCall } from '../helpers/proxied-call.ts';

/** Milliseconds a bot has here. */
const PATIENCE = 1000;

let scene: ProxiedCall;

beforeAll(async () => {
  const nowhere = `ws://127.0.0.1:${await freePort()}/ws`;
  scene = await proxiedCall((url) => ({
    agents: {
      support: url,
      pooled: `websocket_auth = "token"\nbots = ["${url}", "${nowhere}"]`,
      gone: nowhere,
    },
    limits: { proxyTimeout: PATIENCE },
  }));
});
beforeEach(() => {
  scene.seen = [];
  scene.answer = heard;
});
afterAll(() => scene.close());

describe('an answer', () => {
  test('comes back with its status and headers, less what is between neighbours, and cookies', async () => {
    scene.answer = (_, response) => {
      response.writeHead(418, {
        'content-type': 'text/csv',
        'x-custom': ['a', 'b'],
        etag: '"1"',
        'set-cookie': ['a=1', 'b=2'],
        connection: 'x-hop, close',
        'x-hop': 'secret',
        'keep-alive': 'timeout=5',
        'proxy-authenticate': 'Basic',
        upgrade: 'h2c',
        trailer: 'x',
      });
      response.end('a,b');
    };
    const response = await scene.ask('/teapot');
    expect([response.status, await response.text()]).toEqual([418, 'a,b']);
    const { date, connection, 'keep-alive': ours, ...headers } = Object.fromEntries(response.headers);
    expect(headers).toEqual({
      'content-type': 'text/csv',
      'x-custom': 'a, b',
      etag: '"1"',
      'transfer-encoding': 'chunked',
    });
    expect([connection, ours]).not.toContain('x-hop, close');
    expect(date).toEqual(expect.any(String));
  });

  test('is a redirect: passed back, not followed', async () => {
    scene.answer = (_, response) =>
      response.writeHead(307, { location: `${scene.gateway.http}/livez` }).end();
    const response = await scene.ask('/moved');
    expect([response.status, response.headers.get('location')]).toEqual([307, `${scene.gateway.http}/livez`]);
    expect(scene.seen).toHaveLength(1);
  });

  test('comes as the bot says it, piece by piece', async () => {
    let more: (() => void) | undefined;
    scene.answer = (_, response) => {
      response.write('one,');
      more = () => response.end('two');
    };
    const reader = (await scene.ask('/events')).body?.getReader();
    const read = async (): Promise<string> => Buffer.from((await reader?.read())?.value ?? []).toString();
    expect(await read()).toBe('one,');
    more?.();
    expect(await read()).toBe('two');
  });

  test.each<[string, RequestListener]>([
    ['none: it hangs up', (request) => request.socket.destroy()],
    ['garbage', (request) => request.socket.end('hello?\r\n\r\n')],
    [
      'over 16 KiB of headers',
      (request) => request.socket.end(`HTTP/1.1 200 OK\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`),
    ],
    [
      'another protocol',
      (request) =>
        request.socket.write(
          'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
        ),
    ],
  ])('that is %s is 502', async (_, broken) => {
    scene.answer = broken;
    const response = await scene.ask('/broken');
    expect(response.status).toBe(502);
    expect(await response.json()).toEqual({
      error: expect.stringContaining('no proper answer'),
      code: '502',
      reason: 'ERR_BOT_REFUSED',
    });
  });

  test('that does not come is 504, after the limit', async () => {
    scene.answer = () => {};
    const since = performance.now();
    const response = await scene.ask('/slow');
    expect(performance.now() - since).toBeGreaterThan(PATIENCE - 10);
    expect(response.status).toBe(504);
    expect(await response.json()).toMatchObject({ code: '504', reason: 'ERR_BOT_TIMEOUT' });
  });

  test.each<[string, (response: ServerResponse) => unknown]>([
    ['that takes too long in its middle', () => {}],
    ['that breaks off', (response) => setImmediate(() => response.socket?.destroy())],
  ])('%s is cut off, so that it does not look whole', async (_, then) => {
    scene.answer = (__, response) => {
      response.write('half');
      then(response);
    };
    await expect(scene.ask('/half').then((response) => response.text())).rejects.toThrow('terminated');
  });

  test('is not waited for when nobody listens any more', async () => {
    const closed = new Promise<void>((resolve) => {
      scene.answer = (incoming) => void incoming.socket.once('close', () => resolve());
    });
    const asked = open(`${scene.gateway.http}${scene.base}/slow`, {
      headers: { authorization: `Bearer ${scene.gateway.publicKey}` },
    });
    asked.on('error', () => {}).end();
    await expect.poll(() => scene.seen.length).toBe(1);
    const since = performance.now();
    asked.destroy();
    await closed;
    expect(performance.now() - since).toBeLessThan(PATIENCE - 200);
  });

  test.each([
    ['not there', 'gone', 502, 'ERR_BOT_REFUSED'],
    ['not chosen yet', 'pooled', 503, 'ERR_BOT_UNREACHABLE'],
  ])('of a bot that is %s: %s, %i', async (_, agent, status, reason) => {
    const id = randomUUID();
    const unheard = { id, agent, organization: 'local', provider: 'generic', call: null, body: null };
    await scene.gateway.store.open({ ...unheard, createdAt: Date.now() }, null);
    const response = await scene.ask('/status', {}, { agent, session: id });
    expect([response.status, await response.json()]).toMatchObject([status, { reason }]);
  });
});

test('the log names the session, and neither path nor key', async () => {
  await scene.ask('/private/thing?secret=word');
  const [line] = scene.gateway.log.filter(({ msg }) => msg === 'request passed on to a bot').slice(-1);
  expect(line).toMatchObject({ session: scene.session, method: 'GET', status: 200 });
  expect(JSON.stringify(scene.gateway.log)).not.toMatch(/private\/thing|secret=word/);
});
