import * as fc from 'fast-check';
import { validateV3Signature } from 'plivo/dist/utils/v3Security.js';
import { describe, expect, test } from 'vitest';
import { plivo } from '../../providers/index.ts';
import { sign, verify } from '../../providers/plivo/signature.ts';
import type { HttpRequest } from '../../shared/http.ts';
import { readEvidence } from '../helpers/evidence.ts';
import { readVectors } from '../helpers/vectors.ts';

const { env, webhooks } = readEvidence('plivo');
const [post, get] = webhooks as [HttpRequest, HttpRequest];
const provider = plivo.configure(env);
const SIGNATURE = 'x-plivo-signature-v3';
const MAIN = 'x-plivo-signature-ma-v3';
const NONCE = 'x-plivo-signature-v3-nonce';

describe('published signatures', () => {
  test.each(readVectors().plivo.filter(({ version }) => version === 'V3'))('$name is accepted', (row) => {
    const { method, url, nonce, params, signature, authToken } = row;
    const body = new URLSearchParams(params).toString();
    const headers = { [SIGNATURE]: signature, [NONCE]: nonce };
    expect(verify({ method, url, headers, body }, [authToken])).toEqual({ ok: true });
    expect(sign({ method, url, nonce, form: new Map(Object.entries(params)) }, authToken)).toBe(signature);
  });
});

test.each([
  ['wss://gw.example.com/ws/plivo/a.b', true],
  ['https://gw.example.com/ws/plivo/a.b', true],
  ['http://gw.example.com/ws/plivo/a.b', true],
  ['ws://gw.example.com/ws/plivo/a.b', true],
  ['wss://gw.example.com/ws/plivo/a.b/', false],
  ['wss://gw.example.com/ws/plivo/a.c', false],
  ['wss://gw.example.org/ws/plivo/a.b', false],
  ['ftp://gw.example.com/ws/plivo/a.b', false],
])('an upgrade signed over %s is ours: %s', (signed, ok) => {
  const token = env['PLIVO_AUTH_TOKEN'] ?? '';
  const headers = {
    [SIGNATURE]: sign({ method: 'GET', url: signed, nonce: '1', form: new Map() }, token),
    [NONCE]: '1',
  };
  const url = 'wss://gw.example.com/ws/plivo/a.b';
  expect(provider?.verifyUpgrade?.({ url, headers }).ok).toBe(ok);
  expect(provider?.verifyUpgrade?.({ url, headers: {} })).toMatchObject({
    ok: false,
    flaw: { type: 'missing' },
  });
});

test('we sign what the SDK accepts, for any parameters', () => {
  const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_.]{0,8}$/).filter((text) => text !== '__proto__');
  const value = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
  const params = fc.dictionary(name, value, { maxKeys: 6, noNullPrototype: true });
  fc.assert(
    fc.property(fc.constantFrom('GET' as const, 'POST' as const), params, params, (method, query, form) => {
      const search = new URLSearchParams(query).toString();
      const url = `https://gw.example.com/webhooks/plivo${search === '' ? '' : `?${search}`}`;
      const posted = method === 'GET' ? {} : form;
      const signature = sign({ method, url, nonce: '1', form: new Map(Object.entries(posted)) }, 'token');
      expect(validateV3Signature(method, url, '1', 'token', signature, posted)).toBe(true);
    }),
  );
});

describe('signature headers', () => {
  const good = post.headers[SIGNATURE] ?? '';
  const nonce = post.headers[NONCE] ?? '';
  const bad = `${'A'.repeat(43)}=`;

  test.each<[boolean, string, Record<string, string>]>([
    [true, 'the plain one alone', { [SIGNATURE]: good, [NONCE]: nonce }],
    [true, "the main account's alone", { [MAIN]: good, [NONCE]: nonce }],
    [true, 'one of several, as Plivo lists them', { [SIGNATURE]: `${bad},${good}`, [NONCE]: nonce }],
    [
      true,
      'a wrong plain one beside a right one of the main account',
      { [SIGNATURE]: bad, [MAIN]: good, [NONCE]: nonce },
    ],
    [false, 'two headers, joined', { [SIGNATURE]: `${good}, ${good}`, [NONCE]: nonce }],
    [false, 'five in a list', { [SIGNATURE]: Array(5).fill(good).join(), [NONCE]: nonce }],
    [false, 'no nonce', { [SIGNATURE]: good }],
    [false, 'an empty nonce', { [SIGNATURE]: good, [NONCE]: '' }],
    [false, 'a nonce with a lone surrogate', { [SIGNATURE]: good, [NONCE]: '\ud800' }],
    [false, 'another nonce', { [SIGNATURE]: good, [NONCE]: `${nonce}0` }],
    [false, 'a nonce only', { [NONCE]: nonce }],
    [
      false,
      'a signature of version 2',
      { 'x-plivo-signature-v2': good, 'x-plivo-signature-v2-nonce': nonce },
    ],
  ])('%s: %s', async (ok, _, headers) => {
    expect(await provider?.verify({ ...post, headers })).toMatchObject({ ok });
  });
});

// What the SDK would trip over, read in its own way, or not see at all.
test.each(['%', '%zz', '%ff', '%ED%A0%80', '__proto__=1', 'a=1&a=1', '?a=1', '\ud800'])(
  'a query with %j is refused',
  async (extra) => {
    expect(await provider?.verify({ ...get, url: `${get.url}&${extra}` })).toMatchObject({ ok: false });
    expect(await provider?.verify({ ...post, url: `${post.url}?${extra}` })).toMatchObject({ ok: false });
  },
);

test.each(['a=%ff', 'a=%', '?a=1', 'a=1&a=1'])(
  'a query with %j is refused even when it is signed',
  async (extra) => {
    const url = `${get.url}&${extra}`;
    const nonce = get.headers[NONCE] ?? '';
    const signature = sign({ method: 'GET', url, nonce, form: new Map() }, env['PLIVO_AUTH_TOKEN'] ?? '');
    const check = await provider?.verify({
      ...get,
      url,
      headers: { [SIGNATURE]: signature, [NONCE]: nonce },
    });
    expect(check?.ok).toBe(extra === '?a=1');
  },
);

test.each([
  ['CallStatus swallowed by CallUUID', /&CallStatus=ringing/, '', /(CallUUID=[^&]*)/, '$1'],
  ['From under another name', /From=/, 'Fro=m', /^/, ''],
  ['To swallowed by From', /&To=(\d+)/, '', /(From=\d+)/, '$1To14155550199'],
])('a moved boundary in a form makes no call: %s', async (_, cut, gone, at, put) => {
  const request = { ...post, body: post.body.replace(cut, gone).replace(at, put) };
  expect(request.body).not.toBe(post.body);
  expect(provider?.readCall(request)).toBeNull();
});

// Decoded values are signed: an escaped separator signs like a real one.
test('a moved boundary in a query makes no call', async () => {
  const request = { ...get, url: get.url.replace('&To=', '%26To%3D') };
  expect(await provider?.verify(request)).toEqual({ ok: true });
  expect(provider?.readCall(request)).toBeNull();
});

test.each([
  ['14155550100', '+14155550100'],
  ['+14155550100', '+14155550100'],
  ['911', '911'],
  ['sip:alice@phone.plivo.com', 'sip:alice@phone.plivo.com'],
  ['anonymous', 'anonymous'],
])('a call from %s is from %s', (spelling, from) => {
  const body = post.body.replace('From=14155550100', `From=${encodeURIComponent(spelling)}`);
  expect(provider?.readCall({ ...post, body })?.from).toBe(from);
});

test.each([
  ['+14155550100', '+14155550199', 'from=14155550100,to=14155550199'],
  ['sip:a@b', '+14155550199', 'to=14155550199'],
  ['anonymous', 'sip:a@b', undefined],
])('from %s to %s the extra headers are %s', (from, to, expected) => {
  const call = { id: '', from, to, direction: 'inbound' } as const;
  const { body = '' } = provider?.connect({ url: 'wss://x.example', call, afterUrl: null }) ?? {};
  expect(body.match(/extraHeaders="([^"]*)"/)?.[1]).toBe(expected);
});

/** A start as lax as Plivo may send it. */
function startWith(extra_headers: string): unknown {
  const mediaFormat = { encoding: 'audio/x-l16', sampleRate: 16000 };
  const start = { callId: 'c', streamId: 's', accountId: 'a', mediaFormat };
  return plivo.stream.decodeEvent(
    JSON.stringify({ event: 'start', sequenceNumber: '1', start, extra_headers }),
  );
}

describe('what Plivo leaves open', () => {
  test.each([
    ['', {}],
    ['a=1', { a: '1' }],
    ['a=1;b=2=3; c = 4 ;=5;d', { a: '1', b: '2=3', c: '4' }],
    ['{"a":"1","b":2}', { a: '1' }],
    ['{', {}],
  ])('extra headers %j are read as %j', (text, parameters) => {
    expect(startWith(text)).toMatchObject({
      sequence: 1,
      stream: { parameters, format: { encoding: 'l16' } },
    });
  });

  test('numbers that our own document sent along come back as the numbers of the call', () => {
    expect(startWith('from=14155550100;to=911')).toMatchObject({
      stream: { from: '+14155550100', to: '911' },
    });
    expect(startWith('')).toMatchObject({ stream: { from: null, to: null } });
  });

  test('sending digits is passed over, clearing without a stream id is not', () => {
    expect(plivo.stream.decodeCommand('{"event":"sendDTMF","dtmf":"1"}')).toBeNull();
    expect(plivo.stream.decodeCommand('{"event":"clearAudio"}')).toEqual({ type: 'clear' });
  });
});

test('the upgrade is signed over the wss URL', async () => {
  const url = 'wss://gw.example.com/ws/plivo/support.acme/tok123';
  const headers = plivo.carrier(env)?.upgradeHeaders(url) ?? {};
  expect(await provider?.verify({ method: 'GET', url, headers, body: '' })).toEqual({ ok: true });
});
