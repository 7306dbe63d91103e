import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { memoryStore } from '../../gateway/sessions/memory.ts';
import { defaultLimits } from '../../gateway/limits.ts';
import { freePort, testBot, type TestBot } from '../helpers/bot.ts';
import { carrierOf, openingOf } from '../helpers/carriers.ts';
import { connect, knock } from '../helpers/client.ts';
import { collector, type Collector, type ReceivedSpan } from '../helpers/collector.ts';
import { testGateway, type Started, type TestGateway } from '../helpers/gateway.ts';
import { secret } from '../helpers/leaks.ts';

const FROM = '+15557370001';
const TO = '+15557370000';
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const INCOMING = `00-${TRACE}-${SPAN}-01`;

let bot: TestBot;
let otlp: Collector;
/** Two replicas around one store: what one of them starts, the other one opens. */
let first: TestGateway;
let second: TestGateway;

beforeAll(async () => {
  bot = await testBot();
});
afterAll(() => bot.close());
beforeEach(async () => {
  otlp = await collector();
  const shared = memoryStore(defaultLimits, Date.now);
  const dead = await freePort();
  const options = {
    agents: { a: bot.url, down: `ws://127.0.0.1:${dead}` },
    env: {
      HOOKSWITCH_SECRETS: `k1:${randomBytes(32).toString('base64url')}`,
      OTEL_EXPORTER_OTLP_ENDPOINT: otlp.url,
    },
    store: () => shared,
  };
  [first, second] = [await testGateway(options), await testGateway(options)];
});
afterEach(() => otlp.close());

/** All spans, once everything has been sent. */
async function exported(): Promise<readonly ReceivedSpan[]> {
  await Promise.all([first.close(), second.close()]);
  return otlp.spans();
}

async function start(gateway: TestGateway, agent: string, traceparent?: string): Promise<Started> {
  const answer = await fetch(`${gateway.http}/v1/public/${agent}/start`, {
    method: 'POST',
    body: '{}',
    headers: {
      authorization: `Bearer ${gateway.publicKey}`,
      'content-type': 'application/json',
      ...(traceparent === undefined ? {} : { traceparent }),
    },
  });
  expect(answer.status).toBe(200);
  const started = (await answer.json()) as Started;
  secret(started.token);
  return started;
}

/** Opens a session's socket at a gateway that need not be the one that started it; returns the bot's headers. */
async function talk(gateway: TestGateway, { wsUrl, token }: Started): Promise<Record<string, unknown>> {
  const dials = bot.dials.length;
  const caller = await connect(`${gateway.ws}${new URL(wsUrl).pathname}/${token}`);
  caller.socket.send('hello');
  await expect.poll(() => caller.texts()).toEqual(['hello']);
  caller.socket.close(1000, 'bye');
  await caller.closed;
  return bot.dials[dials]?.headers ?? {};
}

test('a call from /start to close is one trace over two gateways, and the bot is part of it', async () => {
  const started = await start(first, 'a', INCOMING);
  const { traceparent } = await talk(second, started);
  const [root, socket, dial, ...more] = await exported();
  expect(more).toEqual([]);
  expect(root).toMatchObject({
    name: 'POST /start',
    kind: 2,
    traceId: TRACE,
    parentSpanId: SPAN,
    status: {},
  });
  expect(socket).toMatchObject({
    name: 'GET /ws/generic',
    kind: 2,
    traceId: TRACE,
    parentSpanId: root?.spanId,
  });
  expect(dial).toMatchObject({ name: 'dial bot', kind: 3, traceId: TRACE, parentSpanId: socket?.spanId });
  expect(traceparent).toBe(`00-${TRACE}-${dial?.spanId}-01`);
  expect(root?.attributes).toEqual({
    'http.request.method': 'POST',
    'http.route': '/start',
    'hookswitch.agent': 'a',
    'hookswitch.organization': 'local',
    'hookswitch.result': 'started',
    'session.id': started.sessionId,
  });
  expect(socket?.attributes).toEqual({
    'http.route': '/ws/generic',
    'http.response.status_code': '101',
    'network.protocol.name': 'websocket',
    'session.id': started.sessionId,
    'hookswitch.agent': 'a',
    'hookswitch.organization': 'local',
    'hookswitch.provider': 'generic',
    'hookswitch.call.status': 'WS_CONNECTION_CLOSED',
    'hookswitch.call.ended_by': 'caller',
    'hookswitch.close.code': '1000',
  });
  expect(socket?.events.map(({ name }) => name)).toEqual(['bot.first_message']);
  expect(dial?.attributes).toEqual({ 'server.address': '127.0.0.1', 'server.port': new URL(bot.url).port });
  expect(root?.resource).toMatchObject({ 'service.name': 'hookswitch', 'service.version': '0.1.0' });
  expect(root?.resource['service.instance.id']).not.toBe(socket?.resource['service.instance.id']);
  for (const { startTimeUnixNano, endTimeUnixNano } of [root, socket, dial] as ReceivedSpan[]) {
    expect(Number(endTimeUnixNano) - Number(startTimeUnixNano)).toBeGreaterThan(0);
    expect(Math.abs(Number(startTimeUnixNano) / 1e6 - Date.now())).toBeLessThan(60_000);
  }
});

test.each(['twilio', 'plivo', 'telnyx'])('a call of %s is one trace from its webhook on', async (name) => {
  const carrier = carrierOf(name, first.carriers);
  const call = carrier.newCall(FROM, TO);
  const { url, headers, body } = carrier.ring(
    call,
    { url: `${first.http}/webhooks/${name}/a`, method: 'POST' },
    Date.now(),
  );
  const again = { method: 'POST', headers: { ...headers, traceparent: INCOMING }, body };
  const document = await (await fetch(url, again)).text();
  expect(await (await fetch(url, again)).text()).toBe(document);
  const path = /\/ws\/[^"<]+/.exec(document)?.[0] ?? '';
  const dials = bot.dials.length;
  const caller = await connect(`${second.ws}${path}`);
  for (const line of openingOf(name, carrier.newStream(call, {}))) caller.socket.send(line);
  await expect.poll(() => caller.messages.length).toBeGreaterThan(0);
  caller.socket.close(1000);
  await caller.closed;

  const spans = await exported();
  expect(spans.map((span) => [span.name, span.traceId])).toEqual([
    [`POST /webhooks/${name}`, TRACE],
    [`GET /ws/${name}`, TRACE],
    ['dial bot', TRACE],
  ]);
  expect(spans.map(({ parentSpanId }) => parentSpanId)).toEqual([SPAN, spans[0]?.spanId, spans[1]?.spanId]);
  expect(bot.dials[dials]?.headers['traceparent']).toBe(`00-${TRACE}-${spans[2]?.spanId}-01`);
  expect(new Set(spans.slice(0, 2).map(({ attributes }) => attributes['session.id'])).size).toBe(1);
  const sent = otlp.requests.map((request) => request.body).join('\n');
  for (const hidden of [
    FROM,
    TO,
    FROM.slice(1),
    TO.slice(1),
    call.id,
    path.split('/').at(-1) ?? '',
    first.publicKey,
  ]) {
    expect(sent).not.toContain(hidden);
  }
});

test('whoever began a trace without recording it gets none, and the bot is told so', async () => {
  const { traceparent } = await talk(second, await start(first, 'a', `00-${TRACE}-${SPAN}-00`));
  expect(traceparent).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-00$`));
  expect(await exported()).toEqual([]);
});

test.each([
  undefined,
  '',
  'x',
  INCOMING.toUpperCase(),
  `${INCOMING}, ${INCOMING}`,
  `${INCOMING}-x`,
  `00-${'0'.repeat(32)}-${SPAN}-01`,
  `00-${TRACE}-${'0'.repeat(16)}-01`,
  `ff-${TRACE}-${SPAN}-01`,
])('traceparent %j begins a new trace', async (traceparent) => {
  await talk(second, await start(first, 'a', traceparent));
  const spans = await exported();
  expect(spans).toHaveLength(3);
  expect(spans[0]?.parentSpanId).toBeUndefined();
  expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
  expect(spans[0]?.traceId).toMatch(/^(?!0+$)[0-9a-f]{32}$/);
  expect(spans[0]?.traceId).not.toBe(TRACE);
});

test('what fails is told in the status, in our own words', async () => {
  const { wsUrl, token } = await start(first, 'down');
  expect((await knock(`${wsUrl}/${token}`)).status).toBe(503);
  const [, socket, dial] = await exported();
  expect(dial).toMatchObject({ status: { code: 2, message: 'unreachable' } });
  expect(dial?.attributes['error.type']).toBe('unreachable');
  expect(socket).toMatchObject({ status: { code: 2, message: 'bot_unreachable' } });
  expect(socket?.attributes['http.response.status_code']).toBeUndefined();
});

test('strangers leave no span', async () => {
  const stranger = carrierOf('twilio', { ...first.carriers, TWILIO_AUTH_TOKEN: 'e'.repeat(32) });
  const forged = stranger.ring(
    stranger.newCall(FROM, TO),
    { url: `${first.http}/webhooks/twilio/a`, method: 'POST' },
    Date.now(),
  );
  const { body, headers } = forged;
  expect(
    (await fetch(forged.url, { method: 'POST', body, headers: { ...headers, traceparent: INCOMING } }))
      .status,
  ).toBe(403);
  expect(
    (await fetch(`${first.http}/start`, { method: 'POST', body: '{}', headers: { traceparent: INCOMING } }))
      .status,
  ).toBe(401);
  expect(
    (await knock(`${first.ws}/ws/generic/a.local/x`, { headers: { traceparent: INCOMING } })).status,
  ).toBe(403);
  expect(await exported()).toEqual([]);
  expect(otlp.requests).toEqual([]);
});

describe('a collector in trouble never disturbs a call:', () => {
  test.each([500, 404, 'never'] as const)('one that answers %s', async (answer) => {
    otlp.answer = answer;
    await talk(second, await start(first, 'a'));
    const since = performance.now();
    await Promise.all([first.close(), second.close()]);
    expect(performance.now() - since).toBeLessThan(4000);
    for (const { log } of [first, second]) {
      const told = log.filter(({ msg }) => String(msg).startsWith('traces cannot be exported'));
      expect(told.length).toBeLessThanOrEqual(1);
      expect(log.filter(({ level }) => level === 'error')).toEqual([]);
    }
  });

  test('one that is not there', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const gateway = await testGateway({ agents: { a: bot.url }, env: { OTEL_EXPORTER_OTLP_ENDPOINT: url } });
    await talk(gateway, await start(gateway, 'a'));
    await gateway.close();
    const told = gateway.log.filter(({ msg }) => String(msg).startsWith('traces cannot be exported'));
    expect(told).toMatchObject([{ level: 'warn', error: 'fetch failed' }]);
    await exported();
  });
});
