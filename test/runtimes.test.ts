import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import express from 'express';
import request from 'supertest';
import * as modules from '../providers/index.ts';
import type { HttpHandler, HttpRequest } from '../shared/http.ts';
import type { ProviderModule } from '../shared/provider.ts';
import { remoteVoiceWebhook } from '../shared/remote-webhook.ts';
import { toExpress } from '../shared/runtime/express.ts';
import { toFetch } from '../shared/runtime/fetch.ts';
import { toLambda } from '../shared/runtime/lambda.ts';
import { toTwilioFunction, type TwilioFunction } from '../shared/runtime/twilio-function.ts';
import { readEvidence } from './helpers/evidence.ts';
import { fakeTwilio, onTwilio, type Answer } from './helpers/twilio-runtime.ts';

const remote = { HOOKSWITCH_START_URL: 'https://gw.example.com/start', HOOKSWITCH_PUBLIC_KEY: 'pk_invented' };
const started = { sessionId: '1', wsUrl: 'wss://gw.example.com/ws/x/support.acme', token: 't1' };
const { now } = readEvidence('twilio');

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now });
  vi.stubGlobal('fetch', async () => Response.json(started));
  vi.stubGlobal('Twilio', fakeTwilio);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

type Runtime = (handler: HttpHandler, webhook: HttpRequest) => Promise<Answer>;

const runtimes: Record<string, Runtime> = {
  async express(handler, { method, url, headers, body }) {
    const { origin, pathname, search } = new URL(url);
    const app = express().use(
      express.raw({ type: () => true, inflate: false }),
      toExpress(handler, { publicUrl: origin }),
    );
    const asked =
      method === 'GET' ? request(app).get(pathname + search) : request(app).post(pathname + search);
    const answer = await asked.set(headers).send(body === '' ? undefined : body);
    return { status: answer.status, type: answer.headers['content-type'], body: answer.text };
  },
  async fetch(handler, { method, url, headers, body }) {
    const asked = new Request(url, { method, headers, ...(body === '' ? {} : { body }) });
    const answer = await toFetch(handler)(asked);
    return { status: answer.status, type: answer.headers.get('content-type'), body: await answer.text() };
  },
  async lambda(handler, { method, url, headers, body }) {
    const { hostname, pathname, search } = new URL(url);
    const answer = await toLambda(() => handler)({
      rawPath: pathname,
      rawQueryString: search.slice(1),
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]),
      ),
      body: Buffer.from(body).toString('base64'),
      isBase64Encoded: true,
      requestContext: { domainName: hostname, http: { method } },
    });
    return { status: answer.statusCode, type: answer.headers['content-type'], body: answer.body };
  },
  async 'lambda behind a REST API'(handler, { method, url, headers, body }) {
    const { hostname, pathname, searchParams } = new URL(url);
    const lists = (pairs: Iterable<[string, string]>): Record<string, string[]> =>
      Object.fromEntries([...pairs].map(([name, value]) => [name, [value]]));
    const answer = await toLambda(() => handler)({
      httpMethod: method,
      headers: null,
      multiValueHeaders: lists(Object.entries(headers)),
      multiValueQueryStringParameters: searchParams.size === 0 ? null : lists(searchParams),
      body: body === '' ? null : body,
      isBase64Encoded: false,
      requestContext: { domainName: hostname, path: pathname },
    });
    return { status: answer.statusCode, type: answer.headers['content-type'], body: answer.body };
  },
  'Twilio Function': (handler, webhook) =>
    onTwilio(
      toTwilioFunction(() => handler),
      webhook,
    ),
};

const rows = Object.values<ProviderModule>(modules)
  .filter((module) => !module.streamsOnly)
  .flatMap((module) =>
    Object.keys(runtimes)
      // A Function hands over no raw body.
      .filter((runtime) => runtime !== 'Twilio Function' || module.signsParameters)
      .flatMap((runtime) =>
        readEvidence(module.name).webhooks.map((webhook) => ({
          module,
          runtime,
          webhook,
          method: webhook.method,
          name: module.name,
        })),
      ),
  );

test.each(rows)(
  '$runtime answers a genuine $method of $name with the same document',
  async ({ module, runtime, webhook }) => {
    const { env, call, now: then } = readEvidence(module.name);
    vi.setSystemTime(then);
    const expected = module.configure(env)?.connect({ url: `${started.wsUrl}/t1`, call, afterUrl: null });
    const answer = await runtimes[runtime]?.(remoteVoiceWebhook(module, { ...env, ...remote }), webhook);
    expect(answer).toEqual({ status: 200, type: expected?.headers['content-type'], body: expected?.body });
  },
);

const { env, webhooks } = readEvidence('twilio');
const [post] = webhooks as [HttpRequest];
const { twilio } = modules;

describe('the request a runtime makes', () => {
  const seen: HttpRequest[] = [];
  const echo: HttpHandler = async (asked) => {
    seen.push(asked);
    return { status: 204, headers: { 'x-a': 'b' }, body: '' };
  };
  beforeEach(() => void seen.splice(0));
  const app = express().use(
    express.raw({ type: () => true, inflate: false }),
    toExpress(echo, { publicUrl: 'https://gw.example.com' }),
  );
  const bytes = Buffer.from([0x61, 0x3d, 0xff]);
  const event = {
    rawPath: '/x',
    rawQueryString: '',
    headers: {},
    requestContext: { domainName: 'h', http: { method: 'POST' } },
  };

  test('has the public URL, whatever the Host header says', async () => {
    await request(app)
      .get('/a%20b?c=%2B1')
      .set({ host: 'evil', 'x-forwarded-host': 'evil', 'x-forwarded-proto': 'http' });
    expect(seen[0]?.url).toBe('https://gw.example.com/a%20b?c=%2B1');
    const handler = remoteVoiceWebhook(twilio, { ...env, ...remote, PUBLIC_URL: 'https://gw.example.com/' });
    expect((await handler({ ...post, url: post.url.replace('gw.example.com', 'evil:81') })).status).toBe(200);
  });

  test('has all of a header that was sent twice', async () => {
    const server = createServer((asked, response) => {
      const { method = '', url: originalUrl = '', headersDistinct } = asked;
      void toExpress(echo, { publicUrl: '' })({ method, originalUrl, headersDistinct }, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const headers = ['host', 'h', 'content-type', 'a/b', 'content-type', 'c/d', 'x-sig', '1', 'x-sig', '2'];
    await new Promise((resolve) => get({ port, headers }, resolve));
    server.close();
    expect(seen[0]?.headers).toMatchObject({ 'content-type': 'a/b, c/d', 'x-sig': '1, 2' });
  });

  test('keeps a byte-order mark', async () => {
    await request(app).post('/').type('text').send('\ufeffa=1');
    await toFetch(echo)(new Request('https://h/', { method: 'POST', body: '\ufeffa=1' }));
    await toLambda(() => echo)({ ...event, body: '\ufeffa=1', isBase64Encoded: false });
    expect(seen.map(({ body }) => body)).toEqual(['\ufeffa=1', '\ufeffa=1', '\ufeffa=1']);
  });

  test('is never made of bytes that are not UTF-8: 400', async () => {
    const statuses = [
      (await request(app).post('/').type('text').send(bytes)).status,
      (await toFetch(echo)(new Request('https://h/', { method: 'POST', body: bytes }))).status,
      (await toLambda(() => echo)({ ...event, body: bytes.toString('base64'), isBase64Encoded: true }))
        .statusCode,
    ];
    expect(statuses).toEqual([400, 400, 400]);
    expect(seen).toEqual([]);
  });

  test('is never made of a target that is not a path: 400', async () => {
    const answers: number[] = [];
    await toExpress(echo, { publicUrl: 'https://gw.example.com' })(
      { method: 'GET', originalUrl: 'http://evil/x', headersDistinct: {} },
      { writeHead: (status) => ({ end: () => answers.push(status) }) },
    );
    expect(answers).toEqual([400]);
  });

  test('may be answered with nothing', async () => {
    expect((await toFetch(echo)(new Request('https://h/'))).status).toBe(204);
    expect((await request(app).get('/')).status).toBe(204);
  });
});

/** A Function of the gateway's, with its variables in the context. */
function asFunction(): TwilioFunction {
  return toTwilioFunction((context) => remoteVoiceWebhook(twilio, { ...env, ...remote, ...context }));
}

describe('a Twilio Function', () => {
  test.each<[number, string, Readonly<Record<string, unknown>>]>([
    [403, 'a parameter called "request", which hides the headers', { request: 'x' }],
    [403, 'one more parameter', { extra: '1' }],
    [400, 'a parameter sent twice', { To: ['+14155550199', '+14155550199'] }],
    [400, 'a parameter in brackets', { To: { a: '1' } }],
    [
      400,
      'a parameter in brackets called "__proto__"',
      JSON.parse('{"__proto__":{"a":"1"}}') as Record<string, unknown>,
    ],
  ])('answers %i to %s', async (status, _, extra) => {
    const answer = await onTwilio(asFunction(), post, { event: extra, headers: {} });
    expect(answer.status).toBe(status);
  });

  test('answers 403 when the signature header was sent twice', async () => {
    const signature = post.headers['x-twilio-signature'];
    const answer = await onTwilio(asFunction(), post, {
      event: {},
      headers: { 'x-twilio-signature': [signature, signature] },
    });
    expect(answer.status).toBe(403);
  });

  test('remembers the document of a call between requests', async () => {
    const fetch = vi.fn<typeof globalThis.fetch>(async () => Response.json(started));
    vi.stubGlobal('fetch', fetch);
    const handler = asFunction();
    expect(await onTwilio(handler, post)).toEqual(await onTwilio(handler, post));
    expect(fetch).toHaveBeenCalledTimes(1);
  });

  test('fails by callback, once, when a variable is missing', async () => {
    const outcome = vi.fn<(error: unknown) => void>();
    await toTwilioFunction(() => remoteVoiceWebhook(twilio, env))(
      { DOMAIN_NAME: 'h', PATH: '/x' },
      {},
      outcome,
    );
    expect(outcome.mock.calls).toEqual([[expect.objectContaining({ code: 'ERR_CONFIG_INVALID' })]]);
  });
});
