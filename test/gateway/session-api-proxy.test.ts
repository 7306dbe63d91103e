import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { hashKey } from '../../gateway/keys.ts';
import { MAX_PROXY_BYTES } from '../../gateway/limits.ts';
import { verifyDial } from '../../shared/bot-signature.ts';
import { testBot, type TestBot } from '../helpers/bot.ts';
import { connect, type Client } from '../helpers/client.ts';
import { heard, proxiedCall, type ProxiedCall } from '../helpers/proxied-call.ts';

const otherKey = `pk_${randomUUID()}`;
const botSecret = randomBytes(32).toString('hex');

let pool: TestBot[];
let scene: ProxiedCall;

beforeAll(async () => {
  pool = await Promise.all(
    ['first', 'second'].map((name) => testBot({ answer: (_, response) => response.end(name) })),
  );
  scene = await proxiedCall((url) => {
    const table = `websocket_auth = "token"\nbots = ["${url}?x=1"]`;
    return {
      agents: {
        support: table,
        pooled: `websocket_auth = "token"\nbots = ${JSON.stringify(pool.map((bot) => bot.url))}\npool = { max_sessions = 1 }`,
        last: [
          table,
          `[[organizations]]\nname = "other"\npublic_keys = ["sha256:${hashKey(otherKey)}"]`,
          `[[organizations.agents]]\nagent_name = "support"\n${table}`,
        ].join('\n'),
      },
      env: { HOOKSWITCH_BOT_SECRET: botSecret },
    };
  });
});
beforeEach(() => {
  scene.seen = [];
  scene.answer = heard;
});
afterAll(async () => {
  await scene.close();
  await Promise.all(pool.map((bot) => bot.close()));
});

async function called(agent: string): Promise<{ session: string; caller: Client }> {
  const { sessionId, wsUrl, token } = await scene.gateway.start(agent);
  return { session: sessionId, caller: await connect(`${wsUrl}/${token}`) };
}

describe('a request', () => {
  test.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD'])(
    '%s reaches the bot of its session',
    async (method) => {
      const hasBody = !['GET', 'HEAD'].includes(method);
      const body = hasBody ? { body: JSON.stringify({ a: '€' }) } : {};
      const response = await scene.ask('/status/now?x=%20&y=/..//&x=2', { method, ...body });
      expect([response.status, await response.text()]).toEqual([200, method === 'HEAD' ? '' : 'heard']);
      expect(scene.seen).toMatchObject([
        { method, url: '/status/now?x=%20&y=/..//&x=2', body: hasBody ? '{"a":"€"}' : '' },
      ]);
    },
  );

  test.each([
    '/status',
    '/status/',
    '/a/b/c',
    '/%E2%82%AC',
    "/a;x=1/~b/-._!$&'()*+,=:@",
    '/.well-known/x',
    '/a..b/...',
  ])('%s arrives as it was spelled', async (path) => {
    expect((await scene.ask(path)).status).toBe(200);
    expect(scene.seen.map(({ url }) => url)).toEqual([path]);
  });

  test('has the listed headers, the session and a proof, and nothing else of the caller', async () => {
    await scene.ask('/status', {
      method: 'POST',
      body: 'x=1',
      headers: {
        accept: 'text/csv',
        'accept-language': 'de',
        'content-type': 'application/x-www-form-urlencoded',
        'if-none-match': '"1"',
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
        'user-agent': 'curl/8',
        cookie: 'secret=1',
        'proxy-authorization': 'Basic eDp5',
        'x-forwarded-for': '10.0.0.1',
        'x-daily-session-id': 'forged',
        'x-gateway-signature': 'forged',
        'x-call-from': '+1',
        'x-api-key': 'secret',
        te: 'trailers',
      },
    });
    const headers = scene.seen[0]?.headers ?? {};
    const { 'x-gateway-signature': signature, ...others } = headers;
    expect(others).toEqual({
      host: new URL(scene.bot.url).host,
      connection: 'close',
      'content-length': '3',
      accept: 'text/csv',
      'accept-language': 'de',
      'content-type': 'application/x-www-form-urlencoded',
      'if-none-match': '"1"',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      'user-agent': 'curl/8',
      'x-daily-session-id': scene.session,
    });
    const proof = { signature: String(signature), sessionId: scene.session, path: '/status' };
    expect(verifyDial(botSecret, proof, Date.now())).toBe(true);
  });

  test.each([
    ['no key', null, 401],
    ['a wrong key', 'pk_wrong', 401],
    ['the private key', '', 401],
    ['the key of another organization, which has an agent of that name', otherKey, 404],
  ])('with %s reaches nobody', async (_, key, status) => {
    const response = await scene.ask('/status', {}, { key: key === '' ? scene.gateway.privateKey : key });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({
      reason: status === 401 ? 'ERR_KEY_UNKNOWN' : 'ERR_SESSION_UNKNOWN',
    });
    expect(scene.seen).toEqual([]);
  });

  test('for a session that is unknown, waits, has ended, or is another agent’s reaches nobody', async () => {
    const ended = await called('support');
    ended.caller.socket.close(1000);
    await ended.caller.closed;
    await expect.poll(() => scene.gateway.store.read(ended.session)).toBe(null);
    const waiting = await scene.gateway.start('support');
    const ids: [string, string][] = [
      ['support', randomUUID()],
      ['support', 'x'],
      ['support', ended.session],
      ['support', waiting.sessionId],
      ['last', scene.session],
    ];
    const texts = ids.map(async ([agent, id]) => {
      const response = await scene.ask('/status', {}, { agent, session: id });
      expect(response.status).toBe(404);
      return response.text();
    });
    expect(new Set(await Promise.all(texts)).size).toBe(1);
    expect(scene.seen).toEqual([]);
  });

  test('finds the one of several bots that has the session', async () => {
    const calls = await Promise.all([called('pooled'), called('pooled')]);
    const names = calls.map(async ({ session }) => {
      const response = await scene.ask('/who', {}, { agent: 'pooled', session });
      return response.text();
    });
    const bots = calls.map(async ({ session: id }) => {
      const index = pool.findIndex(({ dials }) =>
        dials.some(({ headers }) => headers['x-daily-session-id'] === id),
      );
      return ['first', 'second'][index];
    });
    expect(await Promise.all(names)).toEqual(await Promise.all(bots));
    expect(new Set(await Promise.all(names)).size).toBe(2);
    for (const each of calls) each.caller.socket.terminate();
  });
});

describe('a body', () => {
  test.each([
    ['as large as may be', MAX_PROXY_BYTES, 200],
    ['a byte larger', MAX_PROXY_BYTES + 1, 413],
  ])('%s: %i bytes', async (_, bytes, status) => {
    const response = await scene.ask('/upload', { method: 'POST', body: Buffer.alloc(bytes, 'a') });
    expect(response.status).toBe(status);
    expect(scene.seen.map(({ body }) => body.length)).toEqual(status === 200 ? [bytes] : []);
  });

  test('in chunks is bounded as well, and has its length when it comes to the bot', async () => {
    const chunked = (bytes: number): RequestInit => ({
      method: 'DELETE',
      duplex: 'half',
      body: new ReadableStream({
        start(controller) {
          for (let left = bytes; left > 0; left -= 1024)
            controller.enqueue(Buffer.alloc(Math.min(left, 1024), 'a'));
          controller.close();
        },
      }),
    });
    expect((await scene.ask('/upload', chunked(5000))).status).toBe(200);
    expect(scene.seen[0]).toMatchObject({ headers: { 'content-length': '5000' }, body: 'a'.repeat(5000) });
    expect(scene.seen[0]?.headers).not.toHaveProperty('transfer-encoding');
    const refused = scene.ask('/upload', chunked(MAX_PROXY_BYTES + 1));
    await expect(refused.then(({ status }) => status)).resolves.toBe(413);
    expect(scene.seen).toHaveLength(1);
  });
});
