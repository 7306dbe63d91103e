import { describe, expect, test, vi } from 'vitest';
import { twilio } from '../providers/index.ts';
import type { Env } from '../shared/env.ts';
import type { HttpHandler, HttpRequest } from '../shared/http.ts';
import type { Fetch } from '../shared/provider.ts';
import { remoteVoiceWebhook } from '../shared/remote-webhook.ts';
import { readEvidence } from './helpers/evidence.ts';

const { env, webhooks, call, now } = readEvidence('twilio');
const [post] = webhooks as [HttpRequest];
const remote = {
  HOOKSWITCH_START_URL: 'https://gw.example.com/v1/public/support/start',
  HOOKSWITCH_PUBLIC_KEY: 'pk_invented',
};
const started = { sessionId: '1', wsUrl: 'wss://gw.example.com/ws/twilio/support.acme', token: 't1' };

interface Asked {
  readonly url: string;
  readonly key: string | null;
  readonly body: unknown;
}

function setUp(
  more: Env = {},
  reply: Fetch = async () => Response.json(started),
): { handler: HttpHandler; asked: Asked[] } {
  const asked: Asked[] = [];
  const fetch: Fetch = async (url, init) => {
    const request = new Request(url, { ...init, signal: null });
    asked.push({ url: request.url, key: request.headers.get('authorization'), body: await request.json() });
    return reply(url, init);
  };
  return {
    handler: remoteVoiceWebhook(twilio, { ...env, ...remote, ...more }, { fetch, now: () => now }),
    asked,
  };
}

const neverAnswers: Fetch = async (_, init) => {
  init?.signal?.throwIfAborted();
  return new Promise(() => {});
};

describe('away from the gateway', () => {
  const facts = { provider: 'twilio', ...call };

  test.each<[string, Env, object]>([
    ['no agent', {}, { transport: 'twilio', call, body: { call: facts } }],
    [
      'an agent',
      { HOOKSWITCH_AGENT: 'support' },
      { transport: 'twilio', agent: 'support', call, body: { call: facts } },
    ],
    ['an agent that takes no body', { HOOKSWITCH_WEBSOCKET_AUTH: 'none' }, { transport: 'twilio', call }],
  ])('/start is asked over HTTP, with %s', async (_, more, body) => {
    const { handler, asked } = setUp(more);
    expect((await handler(post)).body).toContain(`${started.wsUrl}/t1`);
    expect(asked).toEqual([{ url: remote.HOOKSWITCH_START_URL, key: 'Bearer pk_invented', body }]);
  });

  test.each<[string, Fetch]>([
    ['refuses', async () => Response.json({ error: 'no' }, { status: 503 })],
    ['answers with something else', async () => new Response('<html>')],
    ['answers without an address', async () => Response.json({ sessionId: '1' })],
    ['cannot be reached', async () => Promise.reject(new TypeError('fetch failed'))],
  ])('the caller hears the fallback when /start %s', async (_, reply) => {
    const { handler } = setUp({ HOOKSWITCH_FALLBACK: 'Nobody & nothing.' }, reply);
    const { status, body } = await handler(post);
    expect(status).toBe(200);
    expect(body).toContain('<Say>Nobody &amp; nothing.</Say><Hangup/>');
  });

  test('the caller hears a sentence of ours when none is set', async () => {
    const { handler } = setUp({}, async () => new Response('', { status: 502 }));
    expect((await handler(post)).body).toContain('<Say>Nobody can talk to you right now.');
  });

  test('/start gets 8 s, so that a Function stays within its 10 s', async () => {
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(AbortSignal.abort());
    const { handler } = setUp({}, neverAnswers);
    expect((await handler(post)).body).toContain('<Say>');
    expect(timeout.mock.calls).toEqual([[8000]]);
    timeout.mockRestore();
  });

  test('a forged webhook starts nothing', async () => {
    const { handler, asked } = setUp();
    expect((await handler({ ...post, body: `${post.body}&x=1` })).status).toBe(403);
    expect(asked).toEqual([]);
  });

  test.each<[string, Env]>([
    ['TWILIO_ACCOUNT_SID', { TWILIO_ACCOUNT_SID: undefined, TWILIO_AUTH_TOKEN: undefined }],
    ['HOOKSWITCH_START_URL', { HOOKSWITCH_START_URL: undefined, HOOKSWITCH_PUBLIC_KEY: undefined }],
    ['HOOKSWITCH_PUBLIC_KEY', { HOOKSWITCH_PUBLIC_KEY: '' }],
    ['HOOKSWITCH_START_URL', { HOOKSWITCH_START_URL: 'http://gw.example.com/start' }],
    ['HOOKSWITCH_START_URL', { HOOKSWITCH_START_URL: 'gw.example.com' }],
    ['HOOKSWITCH_WEBSOCKET_AUTH', { HOOKSWITCH_WEBSOCKET_AUTH: 'signature' }],
    ['PUBLIC_URL', { PUBLIC_URL: 'https://gw.example.com/?a=1' }],
    ['PUBLIC_URL', { PUBLIC_URL: 'https://user:pass@gw.example.com' }],
    ['PUBLIC_URL', { PUBLIC_URL: 'wss://gw.example.com' }],
  ])('a mistake in %s is reported by its name: %j', (name, more) => {
    expect(() => setUp(more)).toThrow(
      expect.objectContaining({
        code: 'ERR_CONFIG_INVALID',
        message: expect.stringContaining(name) as unknown,
      }) as Error,
    );
  });
});
