import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { telnyx } from '../../providers/index.ts';
import { readInstant, writeInstant } from '../../providers/telnyx/instant.ts';
import { sign, verify } from '../../providers/telnyx/signature.ts';
import type { HttpRequest } from '../../shared/http.ts';
import { readEvidence } from '../helpers/evidence.ts';
import { documentOf } from '../helpers/read-document.ts';
import { readVectors } from '../helpers/vectors.ts';

const { env, carrierEnv, now, webhooks } = readEvidence('telnyx');
const [post] = webhooks as [HttpRequest];
const provider = telnyx.configure(env);

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now }));
afterEach(() => void vi.useRealTimers());

describe('published signatures', () => {
  test.each(readVectors().telnyx)(
    '$name is accepted',
    async ({ publicKey, privateSeedHex, timestamp, body, signature }) => {
      const headers = { 'telnyx-signature-ed25519': signature, 'telnyx-timestamp': timestamp };
      expect(await verify({ method: 'POST', url: 'https://x.example', headers, body }, [publicKey])).toEqual({
        ok: true,
      });
      expect(sign(timestamp, body, Buffer.from(privateSeedHex, 'hex'))).toBe(signature);
    },
  );
});

test('a file that cannot be had does not end the document', () => {
  const body = provider?.decline([{ type: 'play', url: 'https://files.example.com/a.mp3' }]).body ?? '';
  const read = (text: string): unknown =>
    telnyx.carrier({ ...env, ...carrierEnv })?.readDocument(documentOf(text));
  expect(read(body)).toEqual([{ type: 'play', url: 'https://files.example.com/a.mp3' }, { type: 'hangUp' }]);
  expect(() => read(body.replace('continueOnError="true"', ''))).toThrow(/set continueOnError="true"/);
});

test('a signature has one spelling, although the SDK reads sixteen', async () => {
  const signature = post.headers['telnyx-signature-ed25519'] ?? '';
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const accepted: string[] = [];
  for (const last of alphabet) {
    const other = `${signature.slice(0, 85)}${last}==`;
    const check = await provider?.verify({
      ...post,
      headers: { ...post.headers, 'telnyx-signature-ed25519': other },
    });
    if (check?.ok) accepted.push(other);
  }
  expect(accepted).toEqual([signature]);
});

test.each([
  [-300, true],
  [300, true],
  [-301, false],
  [301, false],
])('with a clock %i s away its answer is %s', async (seconds, ok) => {
  vi.setSystemTime(now + seconds * 1000);
  expect(await provider?.verify(post)).toMatchObject({ ok });
});

test.each(['', '-1', '1767225600.0', '0x1', '1e9', ' 1767225600', '01767225600', '9'.repeat(400)])(
  'the timestamp %j is none',
  async (timestamp) => {
    const headers = { ...post.headers, 'telnyx-timestamp': timestamp };
    expect(await provider?.verify({ ...post, headers })).toMatchObject({ ok: false });
  },
);

test('neither method nor URL is signed, which is why a GET is not to be used', async () => {
  expect(provider?.signsUrl).toBe(false);
  expect(await provider?.verify({ ...post, url: 'https://other.example/' })).toEqual({ ok: true });
});

test.each(['tooshort', 'A'.repeat(44), `${'A'.repeat(42)}B=`, Buffer.alloc(33).toString('base64')])(
  'the key %s is refused without quoting it',
  (key) => {
    const refused = expect.objectContaining({
      code: 'ERR_CONFIG_INVALID',
      message: expect.not.stringContaining(key) as unknown,
    }) as Error;
    expect(() => telnyx.configure({ ...env, TELNYX_PUBLIC_KEY: key })).toThrow(refused);
    expect(() => telnyx.carrier({ TELNYX_PRIVATE_KEY: key })).toThrow(refused);
  },
);

test.each([
  ['CallSid', '0a1b2c3d-1111-4222-8333-444455556666', true],
  ['CallSid', 'v3:MdI91X4lWFEs7IgbBEOT9M4AigoY08M0WWZFISt1Yw2axZ_IiE4pqg', true],
  ['CallSid', 'v3:', false],
  ['CallSid', `v3:${'a'.repeat(300)}`, false],
  ['CallSid', 'CA00000000000000000000000000000002', false],
  ['AccountSid', 'AC00000000000000000000000000000001', false],
  ['CallStatus', 'ringing', true],
  ['CallStatus', 'ringingDirectioninbound', false],
  ['From', 'sip:+14155550100@sip.example.com', true],
  ['From', '{{From}}', false],
])('%s=%s is a call: %s', (name, value, isCall) => {
  const form = new URLSearchParams(post.body);
  form.set(name, value);
  expect(provider?.readCall({ ...post, body: form.toString() }) !== null).toBe(isCall);
});

test.each([
  ['2026-01-01T00:00:00.900123Z', 1767225600900.123],
  ['2026-01-01T00:00:00.000000Z', 1767225600000],
])('the instant %s is %d ms and back', (text, milliseconds) => {
  expect(readInstant(text)).toBeCloseTo(milliseconds, 3);
  expect(writeInstant(readInstant(text))).toBe(text);
});

test.each(['', 'now', '2026-13-01T00:00:00Z', '2026-01-01', '2026-01-01T00:00:00+01:00'])(
  '%j is no instant',
  (text) => {
    expect(() => readInstant(text)).toThrow(expect.objectContaining({ code: 'ERR_FRAME_INVALID' }) as Error);
  },
);

test('errors have the titles of the documentation, and only numbers for codes', () => {
  const facts = telnyx
    .carrier(telnyx.inventCredentials())
    ?.newStream({ id: 'v3:x', from: '+1', to: '+2', direction: 'inbound' }, {});
  const said = (code: string): unknown =>
    facts && telnyx.stream.encodeEvent({ type: 'error', code, detail: 'd' }, facts);
  expect(JSON.parse(String(said('100004')))).toMatchObject({
    payload: { code: 100_004, title: 'invalid_media', detail: 'd' },
  });
  expect(said('oops')).toBeNull();
});
