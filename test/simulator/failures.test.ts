import { createServer } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { startDemoBot } from '../../demo/bot.ts';
import { plivo, telnyx, twilio } from '../../providers/index.ts';
import type { ProviderModule } from '../../shared/provider.ts';
import { placeCall } from '../../simulator/place-call.ts';
import type { CallReport } from '../../simulator/report.ts';
import { callOptions, close, speech, startWebhook, streamDocument, type Answer } from './scene.ts';
import { startScriptedBot, type Script } from './scripted-bot.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

async function answered(provider: ProviderModule, ...answers: Answer[]): Promise<CallReport> {
  const webhook = await startWebhook(...answers);
  open.push(webhook);
  return placeCall({ ...callOptions(provider, webhook.url, { samples: speech(0.3) }), linger: 0 });
}

async function talkedTo(script: Script, provider = twilio, after?: string): Promise<CallReport> {
  const bot = await startScriptedBot(script);
  open.push(bot);
  return answered(provider, { body: streamDocument(provider.name, bot.url, after) });
}

function reasonOf({ verdict }: CallReport): string {
  if (verdict.ok) return 'ok';
  expect(verdict.cure).not.toBe('');
  return verdict.reason;
}

const response = (verbs: string): string => `<Response>${verbs}</Response>`;

describe('a webhook fails a call when it', () => {
  test.each<[string, Answer, RegExp]>([
    [
      'refuses',
      { status: 403, body: '{"error":"no signature","code":"403"}' },
      /answered 403: no signature$/,
    ],
    ['is not there', { status: 404, body: '<h1>hm</h1>' }, /answered 404$/],
    ['is broken', { status: 500, body: '' }, /answered 500$/],
    ['redirects', { status: 302, headers: { location: '/x' }, body: '' }, /answered 302$/],
    ['answers 204', { status: 204, body: '' }, /answered 204$/],
    ['answers HTML', { type: 'text/html', body: response('') }, /content type "text\/html"/],
    ['answers JSON', { type: 'application/json', body: '{}' }, /it is JSON: answer as text\/xml/],
    ['answers with a page', { type: 'text/html', body: '<p/>' }, /content type "text\/html"/],
    ['answers too much', { body: response(' '.repeat(70_000)) }, /longer than the 65536 bytes/],
    ['answers nothing', { body: '' }, /must contain a root element/],
    ['answers no XML', { body: 'hello' }, /not well-formed XML: line 1, column/],
    [
      'forgets an end',
      { body: '<Response>\n<Say>hi</Response>' },
      /line 2, column \d+: unexpected close tag/,
    ],
    ['writes a bare &', { body: response('<Say>a & b</Say>') }, /not well-formed XML/],
    ['sends control characters', { body: response('<Say>\u0001</Say>') }, /not well-formed XML/],
    ['declares entities', { body: '<!DOCTYPE x [<!ENTITY a "b">]><Response/>' }, /DOCTYPE/],
    ['sends two roots', { body: '<Response/><Response/>' }, /not well-formed XML/],
    ['sends another root', { body: '<Html/>' }, /twilio refuses the document: .*<Html>/],
    ['streams to a query', { body: streamDocument('twilio', 'ws://localhost/?a=b') }, /31920.*query/],
    ['streams to ws:// elsewhere', { body: streamDocument('twilio', 'ws://example.com/') }, /31922/],
    ['opens no stream', { body: response('<Hangup/>') }, /opens no stream/],
    [
      'says a fallback',
      { body: response('<Say>Sorry</Say><Hangup/>') },
      /the caller got the fallback: "Sorry"/,
    ],
    ['dials', { body: response('<Dial><Number>+1555</Number></Dial>') }, /fallback: \+1555 was dialled/],
    ['redirects in a circle', { body: response('<Redirect>/again</Redirect>') }, /in a circle/],
  ])('%s', async (_, answer, reason) => {
    expect(reasonOf(await answered(twilio, answer))).toMatch(reason);
  });

  test('cannot be reached', async () => {
    const report = await placeCall(callOptions(twilio, 'http://127.0.0.1:2/webhooks/twilio', {}));
    expect(reasonOf(report)).toMatch(/cannot be reached: connect ECONNREFUSED/);
    expect(report.verdict).toMatchObject({ cure: expect.stringContaining('npm start') });
  });

  test.each([
    ['plivo', plivo, '<Stream>ws://localhost/</Stream>'],
    ['telnyx', telnyx, '<Connect><Stream url="ws://localhost/"/></Connect>'],
  ])('has a stream that is not bidirectional for %s', async (_, provider, verb) => {
    expect(reasonOf(await answered(provider, { body: response(verb) }))).toMatch(/bidirectional/);
  });
});

describe('a stream fails a call when', () => {
  test('its handshake is refused; then the document goes on', async () => {
    const refuse = { status: 403, body: '{"error":"The token is used up.","code":"403"}' };
    const report = await talkedTo({ refuse }, twilio, '<Say>Nobody is here</Say>');
    expect(reasonOf(report)).toMatch(
      /handshake of the stream was answered with 403: The token is used up\. \(Twilio error 31920\)/,
    );
    expect(report.spoken).toEqual(['Nobody is here']);
    expect(report.timeline.map(({ type }) => type)).toEqual(['webhook', 'document', 'refused', 'say']);
  });

  test('Plivo is refused three times', async () => {
    const report = await talkedTo({ refuse: { status: 503, body: 'x' } }, plivo);
    expect(report.timeline.filter(({ type }) => type === 'refused')).toHaveLength(3);
    expect(reasonOf(report)).toMatch(/answered with 503$/);
  });

  test('nobody listens there, and the token is not printed', async () => {
    const report = await answered(twilio, { body: streamDocument('twilio', 'ws://127.0.0.1:1/ws/secret') });
    expect(reasonOf(report)).toMatch(/stream at 127\.0\.0\.1:1 cannot be opened/);
    expect(JSON.stringify(report.timeline)).not.toContain('secret');
  });

  test.each([
    [1011, 'bot failed', /closed by the bot or gateway with 1011 "bot failed"/],
    [1008, '', /with 1008$/],
    [1001, 'draining', /with 1001 "draining"/],
  ])('it is closed with %i', async (code, reason, expected) => {
    const report = await talkedTo({ onOpen: (socket) => socket.close(code, reason) });
    expect(reasonOf(report)).toMatch(expected);
    expect(report.closed).toEqual({ by: 'bot or gateway', code, reason });
  });

  test('it breaks off', async () => {
    const report = await talkedTo({ onText: (socket, _, count) => count === 5 && socket.terminate() });
    expect(reasonOf(report)).toMatch(/with 1006/);
  });

  test('the bot says nothing', async () => {
    expect(reasonOf(await talkedTo({}))).toBe('the bot sent no audio');
  });

  test('the bot sends silence only', async () => {
    const media = {
      event: 'media',
      streamSid: 'MZ',
      media: { payload: Buffer.alloc(800, 0xff).toString('base64') },
    };
    const report = await talkedTo({ onOpen: (socket) => socket.send(JSON.stringify(media)) });
    expect(reasonOf(report)).toBe('the caller heard only silence');
  });
});

test('a bot that hangs up with 1000 ends a good call; the next document is asked for as the same call', async () => {
  const bot = await startDemoBot();
  const webhook = await startWebhook(
    { body: streamDocument('twilio', bot.url, '<Redirect>/webhooks/any/after</Redirect>') },
    { body: response('<Hangup/>') },
  );
  open.push(bot, webhook);
  const digits = [{ digit: '#', atMs: 100 }];
  const report = await placeCall(callOptions(twilio, webhook.url, { samples: speech(1), digits }));
  expect(report.verdict).toEqual({ ok: true });
  expect(report.closed).toEqual({ by: 'bot or gateway', code: 1000, reason: 'goodbye' });
  expect(webhook.requests.map(({ url }) => url)).toEqual(['/webhooks/any', '/webhooks/any/after']);
  for (const { body, headers } of webhook.requests) {
    expect(new URLSearchParams(body).get('CallSid')).toBe(report.callId);
    expect(headers).toHaveProperty('x-twilio-signature');
  }
});

test('a caller who hangs up is not asked what comes next', async () => {
  const bot = await startDemoBot();
  const webhook = await startWebhook({
    body: streamDocument('twilio', bot.url, '<Redirect>/after</Redirect>'),
  });
  open.push(bot, webhook);
  const report = await placeCall({
    ...callOptions(twilio, webhook.url, { samples: speech(0.2) }),
    linger: 0,
  });
  expect(report.closed).toMatchObject({ by: 'caller', code: 1000 });
  expect(webhook.requests).toHaveLength(1);
});

test('an interrupt hangs up with stop and 1000', async () => {
  const bot = await startScriptedBot({});
  const webhook = await startWebhook({ body: streamDocument('twilio', bot.url) });
  open.push(bot, webhook);
  const controller = new AbortController();
  const { signal } = controller;
  const options = { ...callOptions(twilio, webhook.url, { samples: speech(60) }), speed: 1 as const, signal };
  const report = await placeCall({
    ...options,
    onEvent: ({ type }) => type === 'start' && setTimeout(() => controller.abort(), 50),
  });
  expect(report.closed).toEqual({ by: 'caller', code: 1000, reason: '' });
  expect(report.tape.said.length).toBeLessThan(8000);
  await expect.poll(() => bot.closed).toEqual([1000]);
  expect(bot.heard.at(-1)).toContain('"event":"stop"');
});

test('an interrupt before the webhook answers ends the call', async () => {
  const server = createServer(() => {}).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  open.push({ close: () => close(server) });
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const signal = AbortSignal.timeout(50);
  const report = await placeCall({ ...callOptions(twilio, `http://127.0.0.1:${port}/`, {}), signal });
  expect(report.verdict.ok).toBe(false);
});

test('without credentials there is no call', async () => {
  const options = callOptions(telnyx, 'http://127.0.0.1:1/', {});
  await expect(placeCall({ ...options, env: {} })).rejects.toMatchObject({
    code: 'ERR_CONFIG_INVALID',
    message: expect.stringContaining('TELNYX_PRIVATE_KEY'),
  });
});
