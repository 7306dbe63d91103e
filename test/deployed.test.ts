import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { plivo, telnyx, twilio } from '../providers/index.ts';
import { remoteVoiceWebhook } from '../shared/remote-webhook.ts';
import { moduleOf, webhookCarriers } from './helpers/carriers.ts';
import type { HttpRequest } from '../shared/http.ts';
import { fetchModule, lambda, twilioFunction } from '../shared/runtime/deployed.ts';
import { readEvidence } from './helpers/evidence.ts';
import { fakeTwilio, onTwilio } from './helpers/twilio-runtime.ts';

const { env, webhooks, now } = readEvidence('twilio');
const [post] = webhooks as [HttpRequest];
const remote = { HOOKSWITCH_START_URL: 'https://gw.example.com/start', HOOKSWITCH_PUBLIC_KEY: 'pk_invented' };
const started = { sessionId: '1', wsUrl: 'wss://gw.example.com/ws/x/support.acme', token: 't1' };
const asked = new Request(post.url, post);
const settings = { ...remote, HOOKSWITCH_PUBLIC_KEY: '', HOOKSWITCH_FALLBACK: 'From the file.' };
const variables = { ...env, HOOKSWITCH_PUBLIC_KEY: 'pk_invented', HOOKSWITCH_FALLBACK: '' };
const refusing = async (): Promise<Response> => new Response('', { status: 503 });
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now });
  vi.spyOn(console, 'log').mockReturnValue();
  vi.stubGlobal('fetch', async () => Response.json(started));
  vi.stubGlobal('Twilio', fakeTwilio);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

test('a Twilio Function knows its account by the names the platform gives', async () => {
  const context = {
    ...remote,
    ACCOUNT_SID: env['TWILIO_ACCOUNT_SID'],
    AUTH_TOKEN: env['TWILIO_AUTH_TOKEN'],
  };
  expect((await onTwilio(twilioFunction(twilio, {}), post, { event: {}, headers: {}, context })).status).toBe(
    200,
  );
});

test('a Lambda reads its variables from the process', async () => {
  const { env: own, webhooks: calls } = readEvidence('plivo');
  const [{ url, headers, body }] = calls as [HttpRequest];
  for (const [name, value] of Object.entries({ ...own, ...remote })) vi.stubEnv(name, value);
  const { hostname, pathname } = new URL(url);
  const event = {
    rawPath: pathname,
    rawQueryString: '',
    headers,
    body,
    isBase64Encoded: false,
    requestContext: { domainName: hostname, http: { method: 'POST' } },
  };
  expect((await lambda(plivo, {})(event)).statusCode).toBe(200);
});

test.each<[string, unknown]>([
  ['hands over', { ...variables, SOMETHING_ELSE: { fetch: () => {} } }],
  ['has in its process', undefined],
])('variables that a fetch runtime %s go before settings, unless they are empty', async (_, bindings) => {
  if (bindings === undefined) for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  vi.stubGlobal('fetch', refusing);
  const answer = await fetchModule(twilio, settings).fetch(asked.clone(), bindings);
  expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('From the file.')]);
});

test.each(webhookCarriers)(
  'a function of %s is configured by the variables that its webhook needs',
  (name) => {
    const module = moduleOf(name);
    const { variables: all, webhookVariables = all } = module;
    const made = module.inventCredentials();
    const own = Object.fromEntries(webhookVariables.map((variable) => [variable, made[variable]]));
    expect(all).toEqual(expect.arrayContaining([...webhookVariables]));
    expect(remoteVoiceWebhook(module, { ...remote, ...own })).toBeTypeOf('function');
  },
);

test('a function needs no more variables than its webhook does', async () => {
  const { env: own, webhooks: calls, now: then } = readEvidence('telnyx');
  vi.setSystemTime(then);
  const { TELNYX_PUBLIC_KEY } = own;
  const [webhook] = calls as [HttpRequest];
  const handler = fetchModule(telnyx, remote);
  expect((await handler.fetch(new Request(webhook.url, webhook), { TELNYX_PUBLIC_KEY })).status).toBe(200);
  await expect(fetchModule(telnyx, remote).fetch(asked.clone(), {})).rejects.toThrow(
    /^TELNYX_PUBLIC_KEY must be set$/,
  );
});

test('a variable that nobody asked for is not even looked at', async () => {
  const context = Object.defineProperty({ ...variables }, 'SERVICE_SID', {
    enumerable: true,
    get: () => expect.unreachable(),
  });
  expect((await fetchModule(twilio, settings).fetch(asked.clone(), context)).status).toBe(200);
});
