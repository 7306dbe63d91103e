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
    ['answers with more than 64 KiB', async () => Response.json({ ...started, more: 'x'.repeat(65_536) })],
    [
      'begins an answer and breaks off',
      async () => new Response(new ReadableStream({ pull: (to) => to.error() })),
    ],
  ])('the caller hears the fallback when /start %s', async (_, reply) => {
    const { handler } = setUp({ HOOKSWITCH_FALLBACK: 'Nobody & nothing.' }, reply);
    const { status, body } = await handler(post);
    expect(status).toBe(200);
    expect(body).toContain('<Say>Nobody &amp; nothing.</Say><Hangup/>');
  });

  test('an answer of 64 KiB is still read', async () => {
    const text = JSON.stringify(started).padEnd(65_536);
    const { handler } = setUp({}, async () => new Response(text));
    expect((await handler(post)).body).toContain(`${started.wsUrl}/t1`);
  });

  test('the fallback may be a sentence, a file, a number and another document, in this order', async () => {
    const more = {
      HOOKSWITCH_FALLBACK_REDIRECT: 'https://gw.example.com/after?a=1',
      HOOKSWITCH_FALLBACK_DIAL: '+15551239999',
      HOOKSWITCH_FALLBACK_PLAY: 'https://cdn.example.com/sorry.mp3?v=2',
      HOOKSWITCH_FALLBACK: 'Sorry.',
    };
    const { handler } = setUp(more, async () => new Response('', { status: 503 }));
    expect((await handler(post)).body).toContain(
      '<Say>Sorry.</Say><Play>https://cdn.example.com/sorry.mp3?v=2</Play>' +
        '<Dial timeout="30"><Number>+15551239999</Number></Dial>' +
        '<Redirect method="POST">https://gw.example.com/after?a=1</Redirect>',
    );
  });

  test.each<[string, Env]>([
    ['told', { HOOKSWITCH_START_API: 'pipecat-cloud' }],
    ['by its host', { HOOKSWITCH_START_URL: 'https://api.pipecat.daily.co/v1/public/my-agent/start' }],
    ['by the host of a region', { HOOKSWITCH_START_URL: 'https://eu.api.pipecat.daily.co/x' }],
  ])('Pipecat Cloud, known %s, is asked for no more than it documents', async (_, more) => {
    const { handler, asked } = setUp({ HOOKSWITCH_AGENT: 'my-agent', ...more });
    expect((await handler(post)).body).toContain(`${started.wsUrl}/t1`);
    expect(asked.map(({ body }) => body)).toEqual([{ transport: 'websocket' }]);
  });

  test.each(['https://api.pipecat.daily.co.example.com/start', 'https://notpipecat.daily.co/start'])(
    '%s is not Pipecat Cloud',
    async (url) => {
      const { handler, asked } = setUp({ HOOKSWITCH_START_URL: url });
      await handler(post);
      expect(asked.map(({ body }) => body)).toEqual([expect.objectContaining({ transport: 'twilio' })]);
    },
  );

  test.each([
    [`+15559990000, ${call.to}`, '<Stream'],
    ['+15559990000', '<Say>'],
  ])('with numbers %j, the called one gets %s', async (HOOKSWITCH_NUMBERS, expected) => {
    const { handler, asked } = setUp({ HOOKSWITCH_NUMBERS });
    expect((await handler(post)).body).toContain(expected);
    expect(asked).toHaveLength(expected === '<Stream' ? 1 : 0);
  });

  test('the log says what became of each webhook, and nothing that is nobody’s business', async () => {
    const lines: string[] = [];
    const log = (line: string): number => lines.push(line);
    const fetch = vi.fn<Fetch>(async () => Response.json(started));
    const handler = remoteVoiceWebhook(twilio, { ...env, ...remote }, { fetch, now: () => now, log });
    await handler({ ...post, url: `${post.url}?secret=1` });
    fetch.mockResolvedValueOnce(Response.json({ error: 'no such agent' }, { status: 404 }));
    await handler(post);
    await handler(post);
    expect(lines).toEqual([
      `webhook refused with 403: X-Twilio-Signature does not match (URL: ${post.url})`,
      `call ${call.id} hears the fallback: /start answered 404: no such agent`,
      `call ${call.id} has session 1`,
    ]);
  });

  test('the caller hears a sentence of ours when none is set', async () => {
    const { handler } = setUp({}, async () => new Response('', { status: 502 }));
    expect((await handler(post)).body).toContain('<Say>Nobody can talk to you right now.');
  });

  test('/start gets 7.5 s, so that a Function stays within 8 of its 10 s', async () => {
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(AbortSignal.abort());
    const { handler } = setUp({}, neverAnswers);
    expect((await handler(post)).body).toContain('<Say>');
    expect(timeout.mock.calls).toEqual([[7500]]);
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
    ['HOOKSWITCH_START_API', { HOOKSWITCH_START_API: 'daily' }],
    ['HOOKSWITCH_NUMBERS', { HOOKSWITCH_NUMBERS: '+15551230000,5551239999' }],
    ['HOOKSWITCH_FALLBACK', { HOOKSWITCH_FALLBACK: 'x'.repeat(3001) }],
    ['HOOKSWITCH_FALLBACK_PLAY', { HOOKSWITCH_FALLBACK_PLAY: 'http://cdn.example.com/sorry.mp3' }],
    ['HOOKSWITCH_FALLBACK_DIAL', { HOOKSWITCH_FALLBACK_DIAL: '5551239999' }],
    ['HOOKSWITCH_FALLBACK_REDIRECT', { HOOKSWITCH_FALLBACK_REDIRECT: 'gw.example.com' }],
    ['HOOKSWITCH_CALLBACKS_URL', { HOOKSWITCH_CALLBACKS_URL: 'https://gw.example.com/#x' }],
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
