import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { testBot, type TestBot } from '../helpers/bot.ts';
import { connect, knock } from '../helpers/client.ts';
import { testGateway, type TestGateway } from '../helpers/gateway.ts';
import { expectNormalCall } from './alive.ts';
import { rawStart } from './start.ts';

const KIB = 1024;

let bot: TestBot;
let gateway: TestGateway;
let time = 1_800_000_000_000;

beforeAll(async () => {
  bot = await testBot();
  gateway = await testGateway({
    agents: {
      support: bot.url,
      open: `websocket_auth = "none"\nbots = ["${bot.url}"]`,
      pair: `websocket_auth = "token"\nbots = ["${bot.url}"]\nscaling = { max_agents = 2 }`,
    },
    limits: { maxPending: 20, maxPendingBytes: 512 * KIB },
    now: () => time,
  });
});
afterEach(async () => {
  time += 300_000;
  await expectNormalCall(gateway, 'support');
});
afterAll(async () => {
  await gateway.close();
  await bot.close();
});

describe('what is sent must be JSON in UTF-8', () => {
  test.each<[name: string, lines: string[], status: number]>([
    ['application/json', ['Content-Type: application/json'], 200],
    ['with charset=utf-8', ['Content-Type: application/json; charset=utf-8'], 200],
    ['with charset="UTF-8"', ['Content-Type: application/json;charset="UTF-8"'], 200],
    ['in upper case', ['Content-Type: APPLICATION/JSON'], 200],
    ['no type', [], 415],
    ['text/plain', ['Content-Type: text/plain'], 415],
    ['a form', ['Content-Type: application/x-www-form-urlencoded'], 415],
    ['multipart', ['Content-Type: multipart/form-data; boundary=x'], 415],
    ['charset=utf-7', ['Content-Type: application/json; charset=utf-7'], 415],
    ['charset=utf-16', ['Content-Type: application/json; charset=utf-16'], 415],
    ['two charsets', ['Content-Type: application/json; charset=utf-8; charset=utf-7'], 415],
    ['two types', ['Content-Type: application/json', 'Content-Type: text/plain'], 415],
    ['another JSON', ['Content-Type: application/json-patch+json'], 415],
    ['brotli', ['Content-Type: application/json', 'Content-Encoding: br'], 415],
    ['identity', ['Content-Type: application/json', 'Content-Encoding: identity'], 200],
    ['identity and gzip', ['Content-Type: application/json', 'Content-Encoding: identity, gzip'], 415],
  ])('%s', async (_, lines, status) => {
    const answer = await rawStart({
      port: gateway.port,
      key: gateway.publicKey,
      without: ['content-type'],
      lines,
    });
    expect(answer.status).toBe(status);
    expect(Object.keys(JSON.parse(answer.body) as object)).toContain(status === 200 ? 'token' : 'error');
  });

  test('a gzip bomb is refused before it is opened', async () => {
    const body = gzipSync(Buffer.alloc(64 * 1024 * KIB, 32));
    const lines = ['Content-Encoding: gzip'];
    expect(await rawStart({ port: gateway.port, key: gateway.publicKey, lines, body })).toMatchObject({
      status: 415,
    });
  });
});

describe('what this gateway does not do', () => {
  test.each([
    ['support', '{"transport":"daily"}', /websocket/],
    ['support', '{"transport":"webrtc"}', /websocket/],
    ['support', '{"transport":"livekit"}', /websocket/],
    ['support', '{"transport":"WebSocket"}', /websocket/],
    ['support', '{"transport":"__proto__"}', /websocket/],
    ['support', '{"transport":"generic"}', /websocket/],
    ['support', '{"createDailyRoom":true}', /createDailyRoom.*Daily/],
    ['support', '{"createDailyRoom":"yes"}', /createDailyRoom.*Daily/],
    ['support', '{"transport":null}', /transport/],
    ['support', '{"transport":["websocket"]}', /transport/],
    ['support', '{"transport":""}', /transport/],
    ['support', `{"transport":"${'x'.repeat(1000)}"}`, /transport/],
    ['support', '{"agent":7,"transport":8}', /agent.*transport/],
    ['support', '{"call":{"id":"x","from":"","to":"","direction":"inbound"}}', /call/],
    ['open', '{"body":{"a":1}}', /"none"/],
    ['open', '{"body":""}', /"none"/],
  ])('%s %s is a 400 that says so', async (agent, body, sentence) => {
    const answer = await gateway.post(agent, body);
    expect(answer.status).toBe(400);
    const refused = (await answer.json()) as { error: string; code: string };
    expect(refused.code).toBe('400');
    expect(refused.error).toMatch(sentence);
    expect(refused.error.length).toBeLessThan(500);
  });

  test('what it does, it says without a token where none is asked for', async () => {
    const started = await gateway.post('open', '{"transport":"twilio","createDailyRoom":false,"body":null}');
    expect(await started.json()).toEqual({
      sessionId: expect.any(String),
      wsUrl: `ws://127.0.0.1:${gateway.port}/ws/twilio/open.local`,
    });
  });
});

describe('an agent at its limit', () => {
  test('is a 429 for the next one, until a reservation runs out or a call ends', async () => {
    const first = await gateway.start('pair');
    await gateway.start('pair');
    const caller = await connect(`${first.wsUrl}/${first.token}`);
    const refused = await gateway.post('pair', '{}');
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await refused.json()).toMatchObject({ code: 'PCC-AGENT-AT-CAPACITY' });
    time += 299_999;
    expect((await gateway.post('pair', '{}')).status).toBe(429);
    time += 1;
    await gateway.start('pair');
    expect((await gateway.post('pair', '{}')).status).toBe(429);
    caller.socket.close(1000);
    await caller.closed;
    await expect.poll(async () => (await gateway.post('pair', '{}')).status).toBe(200);
    expect((await gateway.post('pair', '{}')).status).toBe(429);
    expect((await gateway.post('support', '{}')).status).toBe(200);
  });

  test('lets in those who hold its places: a race of 50 starts gives two', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => gateway.post('pair', '{}')));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(2);
    expect(statuses.filter((status) => status === 429)).toHaveLength(48);
  });
});

describe('a full store', () => {
  async function expectFull(refused: Response): Promise<void> {
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await refused.json()).toMatchObject({ code: '503', error: expect.any(String) });
  }

  test('of waiting sessions refuses the next, and pushes none out', async () => {
    const started = [];
    for (let index = 0; index < 20; index += 1) started.push(await gateway.start('support'));
    await expectFull(await gateway.post('support', '{}'));
    for (const { wsUrl, token } of started) expect((await knock(`${wsUrl}/${token}`)).status).toBe(101);
    expect((await gateway.post('support', '{}')).status).toBe(200);
  });

  test('of bodies refuses the next, has room for a small one, and pushes none out', async () => {
    const body = 'x'.repeat(250 * KIB);
    const started = [await gateway.start('support', { body }), await gateway.start('support', { body })];
    await expectFull(await gateway.post('support', JSON.stringify({ body })));
    expect((await gateway.post('support', '{"body":"small"}')).status).toBe(200);
    for (const { wsUrl, token } of started) {
      const caller = await connect(`${wsUrl}/${token}`);
      await expectFull(await gateway.post('support', JSON.stringify({ body: body.repeat(2) })));
      caller.socket.close(1000);
      await caller.closed;
    }
    await expect.poll(async () => (await gateway.post('support', JSON.stringify({ body }))).status).toBe(200);
  });
});

test('a gateway that shuts down starts no session and opens no socket, and lets calls end', async () => {
  const leaving = await testGateway({ agents: { support: bot.url }, drainTimeout: 10_000 });
  const [first, second] = [await leaving.start('support'), await leaving.start('support')];
  const caller = await connect(`${first.wsUrl}/${first.token}`);
  const drained = leaving.drain();
  const refused = await leaving.post('support', '{}');
  expect(refused.status).toBe(503);
  expect(refused.headers.get('retry-after')).toBe('1');
  expect(await knock(`${second.wsUrl}/${second.token}`)).toMatchObject({ status: 503 });
  expect((await fetch(`${leaving.http}/readyz`)).status).toBe(503);
  caller.socket.send('still here');
  await expect.poll(() => caller.texts()).toEqual(['still here']);
  caller.socket.close(1000);
  await drained;
});
