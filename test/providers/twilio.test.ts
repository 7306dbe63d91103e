import { describe, expect, test } from 'vitest';
import { twilio } from '../../providers/index.ts';
import { sign, verify } from '../../providers/twilio/signature.ts';
import type { HttpRequest } from '../../shared/http.ts';
import { readEvidence } from '../helpers/evidence.ts';
import { readVectors } from '../helpers/vectors.ts';

const { env, webhooks } = readEvidence('twilio');
const [post] = webhooks as [HttpRequest];
const accountSid = env['TWILIO_ACCOUNT_SID'] ?? '';
const authToken = env['TWILIO_AUTH_TOKEN'] ?? '';
const provider = twilio.configure(env);

describe('published signatures', () => {
  const rows = readVectors().twilio;

  test.each(rows.filter(({ params }) => params && !Array.isArray(params['a'])))(
    '$name is accepted',
    (row) => {
      const params = row.params as Record<string, string>;
      const body = new URLSearchParams(params).toString();
      const request = {
        method: body === '' ? 'GET' : 'POST',
        url: row.url,
        headers: { 'x-twilio-signature': row.signature },
        body,
      };
      expect(verify(request, { accountSid, authTokens: [row.authToken] })).toEqual({ ok: true });
      expect(sign(row.url, params, row.authToken)).toBe(row.signature);
    },
  );

  test('a repeated parameter is refused, which the SDK accepts', () => {
    const row = rows.find(({ name }) => name.startsWith('repeated'));
    const request = {
      method: 'POST',
      url: row?.url ?? '',
      headers: { 'x-twilio-signature': row?.signature ?? '' },
      body: 'a=2&a=1&a=1',
    };
    expect(verify(request, { accountSid, authTokens: ['12345'] })).toMatchObject({ ok: false });
  });
});

// The SDK gives up the spelling of a URL before it gives up: scheme, host and path must not be among that.
test.each([
  post.url.replace('https', 'http'),
  post.url.replace('https', 'HTTPS'),
  post.url.replace('gw.example', 'GW.example'),
  post.url.replace('/voice/', '/voice\\'),
  post.url.replace('/voice/', '/voice/./'),
  post.url.replace('/voice/', '/voice/x/../'),
  post.url.replace('/voice/', '/voice/%2e/'),
  post.url.replace('/voice/', '/vo\nice/'),
  `${post.url}/`,
  `${post.url}#x`,
  ` ${post.url}`,
  post.url.slice('https://gw.example.com'.length),
  '',
])('the URL %j is not the one that was signed', async (url) => {
  expect(await provider?.verify({ ...post, url })).toMatchObject({ ok: false });
});

test.each([post.url.replace('.com/', '.com:443/'), post.url.replace('gw.', 'gw.')])(
  'the URL %j is: the standard port may be there or not',
  async (url) => {
    expect(await provider?.verify({ ...post, url })).toEqual({ ok: true });
  },
);

// All three carry the signature of the genuine request, and the SDK takes it.
test.each([
  ['CallStatus swallowed by CallSid', /&CallStatus=ringing/, '', /(CallSid=CA0+2)/, '$1CallStatusringing'],
  [
    'To swallowed by a parameter before it',
    /&To=%2B14155550199/,
    '',
    /(FromZip=94103)/,
    '$1To%2B14155550199',
  ],
  ['From under another name', /&From=/, '&Fro=m', /^/, ''],
])('a moved boundary makes no call: %s', async (_, cut, gone, at, put) => {
  const request = { ...post, body: post.body.replace(cut, gone).replace(at, put) };
  expect(request.body).not.toBe(post.body);
  expect(await provider?.verify(request)).toEqual({ ok: true });
  expect(provider?.readCall(request)).toBeNull();
});

test.each(['To[]=x', 'To[a]=x', '__proto__=1', 'constructor=1'])(
  '%s changes nothing but the signature',
  async (extra) => {
    const polluted = { ...post, body: `${post.body}&${extra}` };
    expect(await provider?.verify(polluted)).toMatchObject({ ok: false });
    expect(provider?.readCall(polluted)).toEqual(provider?.readCall(post));
    expect(Object.prototype).not.toHaveProperty('1');
  },
);

test('another account is refused even when it is signed with our token', async () => {
  const body = post.body.replace(accountSid, `AC${'f'.repeat(32)}`);
  const signature = sign(post.url, Object.fromEntries(new URLSearchParams(body)), authToken);
  const request = { ...post, body, headers: { ...post.headers, 'x-twilio-signature': signature } };
  expect(await provider?.verify(request)).toMatchObject({ ok: false, reason: 'AccountSid is not ours' });
  expect(provider?.readCall(request)).toBeNull();
});

test.each([
  '+14155550100',
  '+464',
  '266696687',
  'client:alice',
  'sip:bob@x.sip.twilio.com;user=phone',
  'sip:+1415@1.2.3.4:5061',
  'Anonymous',
])('a call may come from %s', (from) => {
  const body = post.body.replace('&From=%2B14155550100', `&From=${encodeURIComponent(from)}`);
  expect(provider?.readCall({ ...post, body })?.from).toBe(from);
});

test('numbers that are too long to travel as parameters are left out', () => {
  const call = { id: 'CA', from: 'x'.repeat(488), to: 'x'.repeat(491), direction: 'inbound' } as const;
  const { body = '' } = provider?.connect({ url: 'wss://gw.example.com/x', call, afterUrl: null }) ?? {};
  expect(body.match(/Parameter name="\w+"/g)).toEqual(['Parameter name="from_number"']);
});

test('the upgrade is signed over the wss URL and offers the subprotocol', async () => {
  const url = 'wss://gw.example.com/ws/twilio/support.acme/tok123';
  const headers = twilio.carrier(env)?.upgradeHeaders(url) ?? {};
  expect(headers).toEqual({
    'x-twilio-signature': '6IewvjVl+eQuAUwbkCjPGADUgps=',
    'sec-websocket-protocol': 'audio.twilio.com',
  });
  expect(await provider?.verify({ method: 'GET', url, headers, body: '' })).toEqual({ ok: true });
});

test('what follows an action is never reached', () => {
  const stream = { name: 'Stream', attributes: { url: 'wss://x.example' }, children: [] };
  const connect = { name: 'Connect', attributes: { action: 'https://x.example/after' }, children: [stream] };
  const root = { name: 'Response', attributes: {}, children: [connect] };
  expect(twilio.carrier(env)?.readDocument({ type: 'xml', root })).toEqual([
    { type: 'stream', url: 'wss://x.example', parameters: {} },
    { type: 'redirect', url: 'https://x.example/after', method: 'POST' },
  ]);
});

test('media without numbers, as Pipecat’s client for browsers sends it, is understood', () => {
  const text = JSON.stringify({ event: 'media', streamSid: 'MZ1', media: { payload: '/w==' } });
  expect(twilio.stream.decodeEvent(text)).toMatchObject({
    type: 'media',
    sequence: 0,
    chunk: 0,
    timestamp: 0,
  });
});
