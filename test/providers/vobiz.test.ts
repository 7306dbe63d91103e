import { createHmac } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { vobiz } from '../../providers/index.ts';
import { MAX_REMEMBERED, verifier, type Verify } from '../../providers/vobiz/signature.ts';
import type { HttpRequest } from '../../shared/http.ts';
import { readEvidence } from '../helpers/evidence.ts';

const { env, webhooks } = readEvidence('vobiz');
const [post, get] = webhooks as [HttpRequest, HttpRequest];
const token = env['VOBIZ_AUTH_TOKEN'] ?? '';
const { stream } = vobiz;

/** By the published scheme, and not by the code that is tested. */
function signed(nonce: string, key: string = token, url: string = post.url): string {
  return createHmac('sha256', key).update(`${url}.${nonce}`).digest('base64');
}

function withHeaders(headers: Readonly<Record<string, string>>, body: string = post.body): HttpRequest {
  return { ...post, headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers }, body };
}

function fresh(count: number, body?: string): HttpRequest {
  const nonce = String(count).padStart(20, '0');
  return withHeaders({ 'x-vobiz-signature-v3': signed(nonce), 'x-vobiz-signature-v3-nonce': nonce }, body);
}

let verify: Verify;
beforeEach(() => {
  verify = verifier([token]);
});

describe('the signature', () => {
  test('is that of URL and nonce, without the query', () => {
    expect(verify(fresh(1))).toEqual({ ok: true });
    const nonce = get.headers['x-vobiz-signature-v3-nonce'] ?? '';
    expect(get.url).toContain('?');
    expect(get.headers['x-vobiz-signature-v3']).toBe(signed(nonce));
  });

  test('may be that of the parent account, in its own header', () => {
    const nonce = '1'.repeat(20);
    const headers = { 'x-vobiz-signature-ma-v3': signed(nonce), 'x-vobiz-signature-v3-nonce': nonce };
    const both = { ...headers, 'x-vobiz-signature-v3': signed(nonce, 'token of a sub-account') };
    expect(verify(withHeaders(both))).toEqual({ ok: true });
  });

  test.each([
    ['V2', 'x-vobiz-signature-v2', 'x-vobiz-signature-v2-nonce'],
    ['V1', 'x-vobiz-signature', 'x-vobiz-signature-nonce'],
    ["Plivo's", 'x-plivo-signature-v3', 'x-plivo-signature-v3-nonce'],
  ])('%s alone is refused, and the log says what to set', (_, name, nonceName) => {
    const nonce = '1'.repeat(20);
    expect(verify(withHeaders({ [name]: signed(nonce), [nonceName]: nonce }))).toEqual({
      ok: false,
      reason: expect.stringContaining('auth credentials') as string,
      flaw: { type: 'missing', header: 'X-Vobiz-Signature-V3 or -MA-V3' },
    });
  });

  test('of another path is refused', () => {
    const nonce = '1'.repeat(20);
    const signature = signed(nonce, token, `${post.url}x`);
    const headers = { 'x-vobiz-signature-v3': signature, 'x-vobiz-signature-v3-nonce': nonce };
    expect(verify(withHeaders(headers))).toMatchObject({ ok: false, flaw: { type: 'mismatch' } });
  });
});

describe('a nonce', () => {
  test('belongs to the first request that came with it, which may come again', () => {
    expect(verify(fresh(1))).toEqual({ ok: true });
    expect(verify(fresh(1))).toEqual({ ok: true });
    const other = fresh(1, post.body.replace('14155550100', '14155550666'));
    expect(verify(other)).toMatchObject({ ok: false });
    expect(verify({ ...fresh(1), url: `${post.url}?agent=other` })).toMatchObject({ ok: false });
    expect(verify({ ...fresh(1), method: 'GET', body: '' })).toMatchObject({ ok: false });
  });

  test('of a request that was refused belongs to nobody', () => {
    const forged = fresh(1, 'CallUUID=1');
    const headers = { ...forged.headers, 'x-vobiz-signature-v3': signed('x'.repeat(20)) };
    expect(verify({ ...forged, headers })).toMatchObject({ ok: false });
    expect(verify(fresh(1))).toEqual({ ok: true });
  });

  test('is remembered until as many newer ones came as fit, and not longer', () => {
    verify = verifier([token], 3);
    const replayed = fresh(0, 'a=1');
    for (const count of [0, 1, 2]) expect(verify(fresh(count))).toEqual({ ok: true });
    expect(verify(replayed)).toMatchObject({ ok: false });
    expect(verify(fresh(3))).toEqual({ ok: true });
    expect(verify(replayed)).toEqual({ ok: true });
    expect(MAX_REMEMBERED).toBe(100_000);
  });

  test.each(['1'.repeat(15), '1'.repeat(129), `${'1'.repeat(19)} `])('%j is none', (nonce) => {
    const headers = { 'x-vobiz-signature-v3': signed(nonce), 'x-vobiz-signature-v3-nonce': nonce };
    expect(verify(withHeaders(headers))).toMatchObject({ ok: false, flaw: { type: 'malformed' } });
  });
});

describe('its stream', () => {
  const carrier = vobiz.carrier(env);
  const facts = carrier?.newStream({ id: 'x', from: '+1', to: '+2', direction: 'inbound' }, {});
  const start = facts && String(stream.encodeEvent({ type: 'start', sequence: 0, stream: facts }, facts));

  test('in L16 is refused: its bytes stand the other way round', () => {
    const linear = start?.replace('audio/x-mulaw', 'audio/x-l16') ?? '';
    expect(() => stream.decodeEvent(linear)).toThrow(
      expect.objectContaining({ code: 'ERR_FRAME_INVALID' }) as Error,
    );
  });

  test('names itself in every command', () => {
    const commands = [
      { type: 'media', audio: new Uint8Array(1) },
      { type: 'mark', name: 'x' },
      { type: 'clear' },
    ] as const;
    for (const command of commands) {
      const text = facts && stream.encodeCommand(command, facts);
      expect(JSON.parse(String(text))).toMatchObject({ streamId: facts?.streamId });
    }
  });

  test('may be stopped by the bot, which is no audio', () => {
    expect(stream.decodeCommand('{"event":"stop","streamId":"x"}')).toBeNull();
  });
});
