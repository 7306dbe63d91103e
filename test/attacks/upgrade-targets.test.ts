import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { testBot, type TestBot } from '../helpers/bot.ts';
import { connect, knock } from '../helpers/client.ts';
import { testGateway, type TestGateway } from '../helpers/gateway.ts';
import { expectNormalCall } from './alive.ts';
import { ask, handshake, requestText, upgradeText } from './raw.ts';

let bot: TestBot;
let gateway: TestGateway;

beforeAll(async () => {
  bot = await testBot();
  gateway = await testGateway({
    agents: { support: bot.url, open: `websocket_auth = "none"\nbots = ["${bot.url}"]` },
  });
});
afterEach(() => expectNormalCall(gateway, 'support'));
afterAll(async () => {
  await gateway.close();
  await bot.close();
});

async function statusOf(target: string): Promise<number> {
  return (await ask(gateway.port, upgradeText(target))).status;
}

describe('a path that is not quite the path of a socket', () => {
  test.each([
    '/ws/generic/%2e%2e/admin/x',
    '/ws/generic/%2e%2e/open.local/x',
    '/ws/../ws/generic/open.local',
    '/ws/./generic/open.local',
    '//ws/generic/open.local',
    '//evil.test/ws/generic/open.local',
    '/ws//generic/open.local',
    '/ws/generic//open.local',
    '/ws/generic/open.local/',
    '/ws/generic/open.local//',
    '/ws/generic/open.local/a/b',
    '/ws/generic/',
    '/ws/generic;x=1/open.local',
    '/WS/generic/open.local',
    '/ws/Generic/open.local',
    '/ws/GENERIC/open.local',
    '/%77s/generic/open.local',
    '/ws%2Fgeneric%2Fopen.local',
    '/ws/generic%2Fopen.local',
    '/ws\\generic\\open.local',
    '/ws',
    '/ws/',
    '/',
    '*',
    '/start',
    '/livez',
    '/ws/__proto__/open.local',
    '/ws/constructor/open.local',
    'http://evil.test/ws/generic/open.local',
    'http://127.0.0.1/ws/generic/open.local',
    'ws://evil.test/ws/generic/open.local',
    '/#/ws/generic/open.local',
  ])('%s is answered with 404, and no bot is dialled', async (target) => {
    const before = bot.dials.length;
    expect(await statusOf(target)).toBe(404);
    expect(bot.dials.length).toBe(before);
  });

  test.each([
    '/ws/generic/a%2Fb.o',
    '/ws/generic/open%2elocal',
    '/ws/generic/open.local;x=1',
    '/ws/generic/open.local%00',
    '/ws/generic/open.local%20',
    '/ws/generic/%6Fpen.local',
    '/ws/generic/open.local.',
    '/ws/generic/OPEN.local',
    '/ws/generic/..',
    '/ws/generic/%2e%2e',
    '/ws/generic\\open.local/x.y',
  ])('%s is refused as a service host', async (target) => {
    const before = bot.dials.length;
    expect([400, 404]).toContain(await statusOf(target));
    expect(bot.dials.length).toBe(before);
  });

  test.each([
    '\\ws\\generic\\open.local',
    '/ws/generic/open.local\0',
    '/ws/generic/open\0.local',
    '/ws/generic/open.local\u007f',
    '/ws/generic/ópen.local',
  ])('%j is no request target', async (target) => {
    const before = bot.dials.length;
    expect([400, 404]).toContain(await statusOf(target));
    expect(bot.dials.length).toBe(before);
  });
});

describe('a service host is a key into the table of agents, and never part of a URL', () => {
  test.each([
    '127.0.0.1:6379',
    '127.0.0.1',
    '169.254.169.254',
    '[::1]',
    '[::ffff:127.0.0.1]:80',
    'localhost',
    'localhost:7860',
    '0x7f000001',
    '2130706433',
    '0177.0.0.1',
    'evil.com#',
    'evil.com/',
    'evil.com?',
    'open.local@evil.com',
    'evil.com#open.local',
    'open.local:80',
    'open.local,open.local',
    ' open.local',
    'open.local\n',
    'open.local\0',
    'ｏpen.local',
    'оpen.local',
    'open。local',
    'xn--pen-fzb.local.evil',
    '__proto__',
    'constructor.prototype',
    '-open.local',
    'open-.local',
    'open.-local',
    `${'a'.repeat(64)}.local`,
    `open.${'a'.repeat(64)}`,
    '',
    '.',
    'open.',
    '.local',
    'http://127.0.0.1/',
    '../open.local',
  ])('%j', async (serviceHost) => {
    const before = bot.dials.length;
    const status = await statusOf(`/ws/generic?serviceHost=${encodeURIComponent(serviceHost)}`);
    expect([400, 404]).toContain(status);
    expect(bot.dials.length).toBe(before);
  });

  test.each([
    '127.com',
    'evil.com',
    'open.localhost',
    'support.locals',
    `${'a'.repeat(63)}.${'b'.repeat(63)}`,
  ])('%s looks like one, and is unknown', async (serviceHost) => {
    expect(await statusOf(`/ws/generic?serviceHost=${serviceHost}`)).toBe(404);
    expect(await statusOf(`/ws/generic/${serviceHost}`)).toBe(404);
  });

  test.each(['serviceHost=open.local&serviceHost=support.local', 'serviceHost=open.local&serviceHost='])(
    'two of them are none: %s',
    async (query) => {
      expect(await statusOf(`/ws/generic?${query}`)).toBe(400);
    },
  );
});

describe('a long target', () => {
  test.each([
    [8 * 1024, 101],
    [8 * 1024 + 1, 414],
    [12 * 1024, 414],
    [16 * 1024, 431],
    [64 * 1024, 431],
  ])('of %i characters is answered with %i', async (length, status) => {
    const start = '/ws/generic/open.local?x=';
    expect(await statusOf(start.padEnd(length, 'x'))).toBe(status);
  });

  test('is none for ordinary requests either', async () => {
    const target = '/livez?'.padEnd(20_000, 'x');
    expect(
      await ask(gateway.port, requestText('GET', target, ['Host: a', 'Connection: close'])),
    ).toMatchObject({
      status: 431,
    });
  });
});

test('CONNECT opens nothing', async () => {
  const answer = await ask(
    gateway.port,
    requestText('CONNECT', 'evil.test:80', ['Host: evil.test', ...handshake]),
  );
  expect([0, 400, 404, 405]).toContain(answer.status);
});

test('one socket more than the limit is a 503 to be tried again, and the open ones go on', async () => {
  const small = await testGateway({ agents: { support: bot.url }, limits: { maxSockets: 4 } });
  const started = await Promise.all(Array.from({ length: 5 }, () => small.start('support')));
  const [last, ...others] = started.map(({ wsUrl, token }) => `${wsUrl}/${token}`);
  const open = await Promise.all(others.map((url) => connect(url)));
  const refused = await knock(last ?? '');
  expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
  expect(JSON.parse(refused.body)).toMatchObject({ code: '503', error: expect.any(String) });
  for (const { socket } of open) socket.send('still here');
  await expect.poll(() => open.map((client) => client.texts())).toEqual(open.map(() => ['still here']));
  open[0]?.socket.close(1000);
  await open[0]?.closed;
  await expect.poll(async () => (await knock(last ?? '')).status).toBe(101);
  for (const { socket } of open) socket.terminate();
  await small.close();
});
