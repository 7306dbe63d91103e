import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { testBot, type TestBot } from '../helpers/bot.ts';
import { knock } from '../helpers/client.ts';
import { testGateway, type TestGateway } from '../helpers/gateway.ts';
import { secret } from '../helpers/leaks.ts';
import { expectNormalCall } from './alive.ts';

const SHOP = 'https://shop.example';

let bot: TestBot;
let gateway: TestGateway;

beforeAll(async () => {
  bot = await testBot();
  gateway = await testGateway({
    agents: {
      support: bot.url,
      shop: `websocket_auth = "token"\nbots = ["${bot.url}"]\nallowed_origins = ["${SHOP}"]`,
      other: `websocket_auth = "token"\nbots = ["${bot.url}"]\nallowed_origins = ["https://other.example"]`,
    },
  });
});
afterEach(() => expectNormalCall(gateway, 'support'));
afterAll(async () => {
  await gateway.close();
  await bot.close();
});

/** Headers as a page's browser sends them. */
async function fromPage(origin: string | null, body = '{}', init: RequestInit = {}): Promise<Response> {
  const headers = { 'content-type': 'application/json', ...(origin === null ? {} : { origin }) };
  return fetch(`${gateway.http}/api/start`, { method: 'POST', headers, body, ...init });
}

const strangers: [name: string, origin: string | null][] = [
  ['none', null],
  ['another', 'https://evil.example'],
  ['null', 'null'],
  ['one that begins like it', `${SHOP}.evil.example`],
  ['one that ends like it', 'https://evil-shop.example'],
  ['another port', `${SHOP}:444`],
  ['another scheme', 'http://shop.example'],
  ['upper case', SHOP.toUpperCase()],
  ['a slash more', `${SHOP}/`],
  ['a list with it', `${SHOP}, https://evil.example`],
  ['a wildcard', '*'],
];

describe('a page of a listed origin', () => {
  test('starts its agent without a key, and gets the one thing it can read', async () => {
    const answer = await fromPage(SHOP);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('access-control-allow-origin')).toBe(SHOP);
    expect(answer.headers.get('vary')).toBe('origin');
    const reply = (await answer.json()) as { wsUrl: string };
    expect(Object.keys(reply)).toEqual(['wsUrl']);
    secret(reply.wsUrl.split('/').at(-1) ?? '');
    expect(await knock(reply.wsUrl, { headers: { origin: 'https://evil.example' } })).toMatchObject({
      status: 403,
    });
    expect(await knock(reply.wsUrl, { headers: { origin: SHOP } })).toMatchObject({ status: 101 });
    expect(await knock(reply.wsUrl, { headers: { origin: SHOP } })).toMatchObject({ status: 403 });
  });

  test.each(['support', 'other', 'stranger'])(
    'starts not %s, and cannot tell whether it exists',
    async (agent) => {
      const [answer, reference] = [
        await fromPage(SHOP, JSON.stringify({ agent })),
        await fromPage(SHOP, '{"agent":"x"}'),
      ];
      expect(answer.status).toBe(404);
      expect(await answer.text()).toBe(await reference.text());
    },
  );

  test.each(['not JSON', '{"transport":"daily"}', '[]'])('can read why %s is refused', async (body) => {
    const answer = await fromPage(SHOP, body);
    expect(answer.status).toBe(400);
    expect(answer.headers.get('access-control-allow-origin')).toBe(SHOP);
  });

  test('is told by the preflight that it may', async () => {
    const answer = await fromPage(SHOP, '', { method: 'OPTIONS', body: null });
    expect(answer.status).toBe(204);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'access-control-allow-origin': SHOP,
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': 'content-type',
      vary: 'origin',
    });
    expect(answer.headers.has('access-control-allow-credentials')).toBe(false);
  });
});

describe('a page whose origin is', () => {
  test.each(strangers)('%s starts nothing and is allowed nothing', async (_, origin) => {
    const [start, preflight] = [
      await fromPage(origin),
      await fromPage(origin, '', { method: 'OPTIONS', body: null }),
    ];
    for (const answer of [start, preflight]) {
      expect(answer.status).toBe(403);
      expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([]);
    }
  });

  test('listed is not let in to the other endpoints', async () => {
    for (const path of ['/start', '/v1/public/shop/start', '/livez']) {
      const headers = { origin: SHOP, 'access-control-request-method': 'POST' };
      const answer = await fetch(gateway.http + path, { method: 'OPTIONS', headers });
      expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([]);
    }
  });
});

test('where no agent lists an origin, /api/start is off for everybody', async () => {
  const closed = await testGateway({ agents: { support: bot.url } });
  for (const origin of [SHOP, 'null', '']) {
    const init = { method: 'POST', headers: { origin, 'content-type': 'application/json' }, body: '{}' };
    expect((await fetch(`${closed.http}/api/start`, init)).status).toBe(403);
  }
  await closed.close();
});
