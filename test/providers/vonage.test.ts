import { createHash, createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { vonage } from '../../providers/index.ts';
import { MAX_HEADERS_BYTES, MAX_TALK } from '../../providers/vonage/answer.ts';
import { readCall } from '../../providers/vonage/call.ts';
import { verify } from '../../providers/vonage/signature.ts';
import type { HttpRequest, HttpResponse } from '../../shared/http.ts';
import type { StreamEvent } from '../../shared/stream.ts';
import { readEvidence } from '../helpers/evidence.ts';

const { env, now, webhooks, call } = readEvidence('vonage');
const [post, get] = webhooks as [HttpRequest, HttpRequest];
const secret = env['VONAGE_SIGNATURE_SECRET'] ?? '';
const settings = { apiKey: 'abcd1234', signatureSecrets: [secret] as const };
const genuine = {
  iat: now / 1000,
  iss: 'Vonage',
  api_key: 'abcd1234',
  payload_hash: createHash('sha256').update(post.body).digest('hex'),
};

function part(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** The webhook with another token, made under `key`. */
function bearing(claims: unknown, header: unknown = { alg: 'HS256', typ: 'JWT' }, key = secret): HttpRequest {
  const content = `${part(header)}.${part(claims)}`;
  const mac = createHmac('sha256', key).update(content).digest('base64url');
  return { ...post, headers: { ...post.headers, authorization: `Bearer ${content}.${mac}` } };
}

describe('the token of a webhook', () => {
  test('is accepted for what it was issued for', () => {
    expect(verify(bearing(genuine), settings, now)).toEqual({ ok: true });
    expect(verify(bearing({ ...genuine, extra: [1] }), settings, now)).toEqual({ ok: true });
  });

  test.each<[string, HttpRequest]>([
    ['says alg none', bearing(genuine, { alg: 'none' })],
    ['says RS256 and is signed with the secret', bearing(genuine, { alg: 'RS256', typ: 'JWT' })],
    ['says HS512', bearing(genuine, { alg: 'HS512', typ: 'JWT' })],
    ['says nothing', bearing(genuine, {})],
    ['has critical extensions', bearing(genuine, { alg: 'HS256', crit: ['b64'], b64: false })],
    ['has a list for a header', bearing(genuine, ['HS256'])],
    ['is signed with another secret', bearing(genuine, undefined, 'another')],
    ['is signed with an empty secret', bearing(genuine, undefined, '')],
    ['is for another account', bearing({ ...genuine, api_key: 'dcba4321' })],
    ['names no account', bearing({ ...genuine, api_key: undefined })],
    ['has no hash', bearing({ ...genuine, payload_hash: undefined })],
    ['has an empty hash', bearing({ ...genuine, payload_hash: '' })],
    ['is over another body', bearing({ ...genuine, payload_hash: '0'.repeat(64) })],
    ['has no time', bearing({ ...genuine, iat: undefined })],
    ['has its time as text', bearing({ ...genuine, iat: `${genuine.iat}` })],
    ['is not of this world', bearing({ ...genuine, iat: 1e300 })],
    ['has expired', bearing({ ...genuine, exp: genuine.iat - 1 })],
    ['has an end that is no number', bearing({ ...genuine, exp: 'never' })],
    ['has no claims', bearing(null)],
  ])('is refused when it %s', (_, request) => {
    expect(verify(request, settings, now)).toMatchObject({ ok: false });
  });

  test('has no signature at all and is refused', () => {
    const authorization = `Bearer ${part({ alg: 'none' })}.${part(genuine)}.`;
    expect(verify({ ...post, headers: { authorization } }, settings, now)).toMatchObject({ ok: false });
  });

  test.each([300, -300, 301, -301])('is good for 300 s either way: %i s', (age) => {
    const check = verify(post, settings, now + age * 1000);
    const stale = { ok: false, flaw: { type: 'stale', seconds: age } };
    expect(check).toMatchObject(Math.abs(age) > 300 ? stale : { ok: true });
  });

  test('is of the parameters, however the JSON around them is set', () => {
    const body = JSON.stringify(JSON.parse(post.body), null, 2);
    expect(verify({ ...post, body }, settings, now)).toEqual({ ok: true });
    const changed = body.replace('14155550199', '14155550198');
    expect(verify({ ...post, body: changed }, settings, now)).toMatchObject({ flaw: { type: 'mismatch' } });
  });

  test("is of a GET's parameters too, so nobody changes a number in them", () => {
    expect(verify(get, settings, now)).toEqual({ ok: true });
    const url = get.url.replace('to=14155550199', 'to=14155550198');
    expect(verify({ ...get, url }, settings, now)).toMatchObject({ flaw: { type: 'mismatch' } });
  });
});

describe('a call', () => {
  const about = (fields: object): HttpRequest => ({
    ...post,
    body: JSON.stringify({ ...(JSON.parse(post.body) as object), ...fields }),
  });

  test('from the Client SDK comes from a user', () => {
    const request = about({ from: undefined, from_user: 'JaneDoe' });
    expect(readCall(request)).toEqual({ ...call, from: 'client:JaneDoe' });
  });

  test('after its stream is named by the payload of our own document', () => {
    const { conversation_uuid, ...payload } = JSON.parse(post.body) as Record<string, string>;
    const body = JSON.stringify({ conversation_uuid, timestamp: '2026-11-21T12:00:00.000Z', payload });
    expect(readCall({ ...post, body })).toEqual(call);
  });

  test.each([
    { uuid: 1 },
    { uuid: `${call.id}0` },
    { conversation_uuid: call.id },
    { to: null },
    { to: ['14155550199'] },
    { from: '14155550100\n' },
    { from: undefined, from_user: 'a b' },
  ])('is none with %j', (fields) => {
    expect(readCall(about(fields))).toBeNull();
  });
});

describe('an NCCO', () => {
  const provider = vonage.configure(env);
  const items = (response: HttpResponse | undefined): unknown => JSON.parse(response?.body ?? 'null');

  test(`says a sentence over ${MAX_TALK} characters in pieces`, () => {
    const text = 'ab'.repeat(MAX_TALK);
    expect(items(provider?.decline([{ type: 'say', text }]))).toEqual([
      { action: 'talk', text: text.slice(0, MAX_TALK) },
      { action: 'talk', text: text.slice(MAX_TALK) },
    ]);
    expect(items(provider?.decline([{ type: 'say', text: 'x'.repeat(MAX_TALK) }]))).toHaveLength(1);
  });

  test('brings the call along in a redirect, so that whoever is asked next knows it', () => {
    const url = 'https://gw.example.com/webhooks/vonage/sales';
    expect(items(provider?.decline([{ type: 'redirect', url, method: 'POST' }], call))).toEqual([
      {
        action: 'notify',
        payload: { uuid: call.id, from: '14155550100', to: '14155550199' },
        eventUrl: [url],
        eventMethod: 'POST',
      },
    ]);
  });

  test(`leaves parties out of headers that would be over ${MAX_HEADERS_BYTES} bytes, and never the call`, () => {
    const headers = (from: string): unknown => {
      const response = provider?.connect({ url: 'wss://gw/ws', call: { ...call, from }, afterUrl: null });
      return (items(response) as { endpoint: { headers: unknown }[] }[])[0]?.endpoint[0]?.headers;
    };
    const size = Buffer.byteLength(JSON.stringify(headers('')));
    const longest = 'x'.repeat(MAX_HEADERS_BYTES - size);
    expect(headers(longest)).toMatchObject({ call_uuid: call.id, from_number: longest });
    expect(headers(`${longest}x`)).toEqual({ call_uuid: call.id });
  });
});

describe('a stream', () => {
  const connected = (fields: object): StreamEvent | null =>
    vonage.stream.decodeEvent(
      JSON.stringify({ event: 'websocket:connected', 'content-type': 'audio/l16;rate=16000', ...fields }),
    );

  test('without our header has no call id, and still begins', () => {
    expect(connected({ caller: 'x', nested: { a: 1 } })).toMatchObject({
      stream: { callId: '', format: { encoding: 'l16', sampleRate: 16_000 }, parameters: { caller: 'x' } },
    });
  });

  test.each(['audio/l16;rate=44100', 'audio/x-mulaw;rate=8000', 'audio/l16', ''])(
    'of %j is refused',
    (type) => {
      expect(() => connected({ 'content-type': type })).toThrow('content-type');
    },
  );

  test('passes over a payload of notify that is no mark of ours', () => {
    expect(vonage.stream.decodeCommand('{"action":"notify","payload":{"reply":1}}')).toBeNull();
    expect(vonage.stream.decodeEvent('{"event":"websocket:notify","payload":{"reply":1}}')).toBeNull();
  });

  test.each([320, 640, 960])('takes 20 ms in each message: %i bytes', (bytes) => {
    const audio = new Uint8Array(bytes).fill(7);
    expect(vonage.stream.decodeCommand(audio)).toEqual({ type: 'media', audio });
  });

  test.each([0, 160, 318, 322, 3200])('refuses %i bytes in one message, and says what would do', (bytes) => {
    expect(() => vonage.stream.decodeCommand(new Uint8Array(bytes))).toThrow('320 bytes at 8 kHz');
  });
});
