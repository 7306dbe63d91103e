import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import * as modules from '../providers/index.ts';
import { memoryAnswers } from '../shared/answers.ts';
import { GatewayError, type ErrorCode } from '../shared/errors.ts';
import type { HttpHandler, HttpRequest } from '../shared/http.ts';
import type { Step } from '../shared/carrier.ts';
import type { Provider, ProviderModule } from '../shared/provider.ts';
import type { StartReply, StartSession } from '../shared/start.ts';
import { voiceWebhook, type WebhookOutcome } from '../shared/voice-webhook.ts';
import { readEvidence } from './helpers/evidence.ts';

const WS_URL = 'wss://gw.example.com/ws/x/support.acme';
const FALLBACK: readonly Step[] = [{ type: 'say', text: 'Sorry, nobody is here.' }];

interface Setting {
  readonly handler: HttpHandler;
  readonly provider: Provider;
  readonly started: string[];
  readonly outcomes: WebhookOutcome[];
}

interface Wish {
  readonly start?: () => Promise<void>;
  readonly max?: number;
  readonly token?: boolean;
  readonly afterUrl?: string;
}

/** One webhook whose sessions are numbered: the second token would be another. */
function setUp(name: string, { start, max = 100, token = true, afterUrl }: Wish = {}): Setting {
  const module = Object.values(modules).find((candidate) => candidate.name === name);
  const provider = module?.configure(readEvidence(name).env);
  if (!provider) throw new Error(`${name} is not configured by its own evidence`);
  const started: string[] = [];
  const outcomes: WebhookOutcome[] = [];
  const startSession: StartSession = async ({ transport, call }): Promise<StartReply> => {
    started.push(`${transport} ${call?.id}`);
    await start?.();
    return { sessionId: `${started.length}`, wsUrl: WS_URL, token: token ? `t${started.length}` : null };
  };
  const whenFull = async (): ReturnType<HttpHandler> => provider.decline(FALLBACK);
  const handler = voiceWebhook({
    provider,
    start: startSession,
    agentFor: () => null,
    stepsFor: () => FALLBACK,
    afterUrl: afterUrl ?? null,
    answers: memoryAnswers({ now: Date.now, ttl: 300_000, max, whenFull }),
    onOutcome: (outcome) => void outcomes.push(outcome),
  });
  return { handler, provider, started, outcomes };
}

/** Those that have a webhook. */
const names = Object.values(modules).flatMap((module: ProviderModule) =>
  module.streamsOnly ? [] : module.name,
);
const { now } = readEvidence('twilio');

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now }));
afterEach(() => void vi.useRealTimers());

describe.each(names)('the voice webhook of %s', (name) => {
  const { webhooks, call } = readEvidence(name);
  const [post, get] = webhooks as [HttpRequest, HttpRequest | undefined];
  const isJson = post.headers['content-type'] === 'application/json';
  const types = ['application/x-www-form-urlencoded', 'application/json'];
  const [own = '', other = ''] = isJson ? types.toReversed() : types;

  test.each(webhooks.map((webhook) => [webhook.method, webhook] as const))(
    'answers a genuine %s with the stream',
    async (_, webhook) => {
      const { handler, provider, started, outcomes } = setUp(name);
      expect(await handler(webhook)).toEqual(provider.connect({ url: `${WS_URL}/t1`, call, afterUrl: null }));
      expect(started).toEqual([`${name} ${call.id}`]);
      expect(outcomes).toEqual([{ type: 'connected', call, sessionId: '1' }]);
    },
  );

  test('names no token where the agent asks for none, and passes on what follows the stream', async () => {
    const afterUrl = 'https://gw.example.com/after';
    const { handler, provider } = setUp(name, { token: false, afterUrl });
    expect(await handler(post)).toEqual(provider.connect({ url: WS_URL, call, afterUrl }));
  });

  const type = (value: string): Partial<HttpRequest> => ({
    headers: { ...post.headers, 'content-type': value },
  });
  test.each<[number, string, Partial<HttpRequest>]>([
    [405, 'HEAD', { method: 'HEAD' }],
    [405, 'PUT', { method: 'PUT' }],
    [405, 'TRACE', { method: 'TRACE' }],
    [405, 'a lower-case method', { method: 'post' }],
    [415, 'the other type', type(other)],
    [415, 'multipart', type('multipart/form-data; boundary=x')],
    [415, 'another charset', type(`${own}; charset=utf-16`)],
    [415, 'two types', type(`${own}, ${other}`)],
    [415, 'no type', { headers: { ...post.headers, 'content-type': '' } }],
    [415, 'gzip', { headers: { ...post.headers, 'content-encoding': 'gzip' } }],
    [400, 'a GET with a body', { method: 'GET' }],
    [
      400,
      'a repeated parameter',
      { body: isJson ? post.body.replace('{', '{"to":"1",') : `${post.body}&To=%2B14155550199` },
    ],
    [400, 'a parameter repeated in the query', { url: `${post.url}?a=1&a=1` }],
    [400, '201 parameters', { body: many(201, isJson) }],
    // Vobiz signs no parameters.
    [name === 'vobiz' ? 400 : 403, '200 parameters nobody signed', { body: many(200, isJson) }],
    [403, 'no headers but the type', { headers: { 'content-type': own } }],
    ...(isJson ? notJson : []),
  ])('answers %s to %s, and starts nothing', async (status, _, change) => {
    const { handler, started, outcomes } = setUp(name);
    const response = await handler({ ...post, ...change });
    expect(response.status).toBe(status);
    expect(JSON.parse(response.body)).toMatchObject({
      code: `${status}`,
      error: expect.any(String) as unknown,
    });
    expect(started).toEqual([]);
    expect(outcomes).toEqual([expect.objectContaining({ type: 'refused', status })]);
  });

  test('says which methods there are', async () => {
    const { handler } = setUp(name);
    expect((await handler({ ...post, method: 'DELETE' })).headers).toMatchObject({ allow: 'GET, POST' });
  });

  test('keeps the reason of a refusal for the log', async () => {
    const { handler, outcomes } = setUp(name);
    const { body } = await handler({
      ...post,
      headers: { 'content-type': own },
    });
    const [outcome] = outcomes;
    const reason = outcome?.type === 'refused' ? outcome.reason : '';
    expect(reason).not.toBe('');
    expect(body).not.toContain(reason);
  });

  test('gives retries and replays the very same document, and no second token', async () => {
    const { handler, started } = setUp(name);
    const together = await Promise.all(Array.from({ length: 10 }, () => handler(post)));
    const later = [await handler(post), await handler(get ?? post)];
    expect(new Set([...together, ...later].map(({ body }) => body)).size).toBe(1);
    expect(started).toHaveLength(1);
  });

  test('tries again after a failure, and remembers the success', async () => {
    let works = false;
    const start = async (): Promise<void> => {
      if (!works) throw new GatewayError('ERR_STORE_UNAVAILABLE', 'no store');
    };
    const { handler, provider, started } = setUp(name, { start });
    expect(await handler(post)).toEqual(provider.decline(FALLBACK));
    works = true;
    expect((await handler(post)).body).toContain(`${WS_URL}/t2`);
    expect((await handler(post)).body).toContain(`${WS_URL}/t2`);
    expect(started).toHaveLength(2);
  });

  test('declines new calls when too many answers are kept, but not the calls it knows', async () => {
    const { handler, provider, started } = setUp(name, { max: 1 });
    await handler(post);
    const carrier = carrierOf(name);
    const next = carrier.ring(
      carrier.newCall('+14155550101', call.to),
      { url: post.url, method: 'POST' },
      now,
    );
    expect(await handler(next)).toEqual(provider.decline(FALLBACK));
    expect((await handler(post)).body).toContain(`${WS_URL}/t1`);
    expect(started).toHaveLength(1);
  });

  const failures: readonly unknown[] = [
    ...(
      [
        'ERR_AGENT_UNKNOWN',
        'ERR_AT_CAPACITY',
        'ERR_DRAINING',
        'ERR_REQUEST_INVALID',
        'ERR_REQUEST_TOO_LARGE',
        'ERR_START_FAILED',
        'ERR_STORE_FULL',
        'ERR_STORE_UNAVAILABLE',
      ] satisfies ErrorCode[]
    ).map((code) => new GatewayError(code, 'the secret reason')),
    new TypeError('the secret reason'),
  ];
  test.each(failures)('lets the caller hear the fallback on %s', async (error) => {
    const start = async (): Promise<void> => {
      throw error;
    };
    const { handler, provider, outcomes } = setUp(name, { start });
    const response = await handler(post);
    expect(response).toEqual(provider.decline(FALLBACK));
    expect(response.status).toBe(200);
    expect(response.body).not.toContain('secret');
    expect(outcomes).toEqual([{ type: 'declined', call, error }]);
  });
});

/** That many parameters. */
/** What is JSON, and no body of a webhook; a member may be repeated in another spelling. */
const notJson: [number, string, Partial<HttpRequest>][] = [
  [400, 'no JSON', { body: '{' }],
  [400, 'a list', { body: '[]' }],
  [400, 'nothing', { body: '' }],
  [400, 'a member repeated in escapes', { body: '{"uuid":"1","\\u0075uid":"2"}' }],
  [400, '17 levels', { body: `${'{"a":'.repeat(17)}1${'}'.repeat(17)}` }],
  [403, '16 levels that nobody signed', { body: `${'{"a":'.repeat(16)}1${'}'.repeat(16)}` }],
];

function many(count: number, isJson: boolean): string {
  const parameters = Array.from({ length: count }, (_, at) => `p${at}`);
  if (isJson) return JSON.stringify(Object.fromEntries(parameters.map((name) => [name, '1'])));
  return parameters.map((name) => `${name}=1`).join('&');
}

function carrierOf(name: string): NonNullable<ReturnType<(typeof modules)['twilio']['carrier']>> {
  const module = Object.values(modules).find((candidate) => candidate.name === name);
  const { env, carrierEnv } = readEvidence(name);
  const carrier = module?.carrier({ ...env, ...carrierEnv });
  if (!carrier) throw new Error(`${name} has no carrier`);
  return carrier;
}

test.each(['twilio', 'plivo'])('a request of %s for one agent is refused at another', async (name) => {
  const [post, get] = readEvidence(name).webhooks as [HttpRequest, HttpRequest];
  const { handler } = setUp(name);
  for (const webhook of [post, get]) {
    const url = webhook.url.replace('support.acme', 'sales.acme');
    expect((await handler({ ...webhook, url })).status).toBe(403);
  }
});

describe.each(['telnyx', 'vonage', 'jambonz'])('a request of %s', (name) => {
  test.each([
    [301, 403],
    [300, 200],
    [-300, 200],
    [-301, 403],
  ])('whose timestamp is %i seconds away is answered with %i', async (seconds, status) => {
    const [post] = readEvidence(name).webhooks as [HttpRequest];
    vi.setSystemTime(now + seconds * 1000);
    expect((await setUp(name).handler(post)).status).toBe(status);
  });
});

test('200 parameters are fine when they are signed', async () => {
  const { env, webhooks } = readEvidence('twilio');
  const [post] = webhooks as [HttpRequest];
  const { sign } = await import('../providers/twilio/signature.ts');
  const form = new URLSearchParams(post.body);
  for (let at = 0; form.size < 200; at += 1) form.append(`p${at}`, '1');
  const signature = sign(post.url, Object.fromEntries(form), env['TWILIO_AUTH_TOKEN'] ?? '');
  const headers = { ...post.headers, 'x-twilio-signature': signature };
  expect((await setUp('twilio').handler({ ...post, headers, body: form.toString() })).status).toBe(200);
});

test('a signed request about no call is 400', async () => {
  const { env, webhooks } = readEvidence('twilio');
  const [post] = webhooks as [HttpRequest];
  const { sign } = await import('../providers/twilio/signature.ts');
  const headers = {
    ...post.headers,
    'x-twilio-signature': sign(post.url, {}, env['TWILIO_AUTH_TOKEN'] ?? ''),
  };
  const { handler, started } = setUp('twilio');
  expect((await handler({ ...post, headers, body: '' })).status).toBe(400);
  expect(started).toEqual([]);
});
