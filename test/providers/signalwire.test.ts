import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { signalwire } from '../../providers/index.ts';
import type { HttpRequest } from '../../shared/http.ts';
import { readEvidence } from '../helpers/evidence.ts';

const { env, webhooks, call } = readEvidence('signalwire');
const [post] = webhooks as [HttpRequest];
const provider = signalwire.configure(env);
const { stream } = signalwire;

describe('the signature', () => {
  /** By the published scheme, and not by the code that is tested. */
  const given = post.headers['x-signalwire-signature'] ?? '';
  const form = [...new URLSearchParams(post.body)].toSorted(([a], [b]) => (a < b ? -1 : 1));

  test('is HMAC-SHA1 of URL and parameters with the signing key', () => {
    const signed = post.url + form.flat().join('');
    const key = env['SIGNALWIRE_SIGNING_KEY'] ?? '';
    expect(given).toBe(createHmac('sha1', key).update(signed).digest('base64'));
  });

  test("is not taken from Twilio's header", async () => {
    const { 'x-signalwire-signature': signature = '', ...headers } = post.headers;
    const moved = { ...post, headers: { ...headers, 'x-twilio-signature': signature } };
    expect(await provider?.verify(moved)).toMatchObject({
      ok: false,
      reason: expect.stringContaining('X-SignalWire-Signature') as string,
    });
  });

  test('of another project is refused, although the key is ours', async () => {
    const other = { ...env, SIGNALWIRE_PROJECT_ID: '00000000-0000-4000-8000-00000000000f' };
    const request = signalwire.carrier(other)?.ring(call, { url: post.url, method: 'POST' }, 0);
    expect(request && (await provider?.verify(request))).toMatchObject({ ok: false });
  });
});

test("a call with an id of Twilio's shape is none", () => {
  const body = post.body.replace(call.id, 'CA00000000000000000000000000000002');
  expect(provider?.readCall({ ...post, body })).toBeNull();
});

describe('a start', () => {
  const facts = signalwire.carrier(env)?.newStream(call, {});
  const text = facts && stream.encodeEvent({ type: 'start', sequence: 1, stream: facts }, facts);
  const start = String(text);

  test.each([
    ['audio/x-L16', 16_000],
    ['audio/x-L16', 24_000],
  ])('in %s at %i Hz is read as linear audio', (encoding, sampleRate) => {
    const linear = start.replace('audio/x-mulaw', encoding).replace(':8000', `:${sampleRate}`);
    const event = stream.decodeEvent(linear);
    expect(event?.type === 'start' && event.stream.format).toEqual({ encoding: 'l16', sampleRate });
  });

  test.each([
    ['another encoding', 'audio/x-mulaw', 'audio/ogg'],
    ["a call id of Twilio's", call.id, 'CA00000000000000000000000000000002'],
  ])('with %s is refused by name', (_, from, to) => {
    expect(() => stream.decodeEvent(start.replace(from, to))).toThrow(
      expect.objectContaining({ code: 'ERR_FRAME_INVALID' }) as Error,
    );
  });

  test('has no stream id beside it, nor has audio', () => {
    const media =
      facts &&
      stream.encodeEvent(
        { type: 'media', sequence: 2, chunk: 1, timestamp: 0, audio: new Uint8Array(1) },
        facts,
      );
    for (const message of [start, String(media)]) expect(JSON.parse(message)).not.toHaveProperty('streamSid');
  });
});

test("a bot's key press is one of its commands, which is no audio", () => {
  expect(stream.decodeCommand('{"event":"dtmf","streamSid":"x","dtmf":{"digit":"5"}}')).toBeNull();
});
