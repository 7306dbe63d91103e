import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { jambonz } from '../../providers/index.ts';
import { readCall } from '../../providers/jambonz/call.ts';
import { verify } from '../../providers/jambonz/signature.ts';
import type { HttpRequest } from '../../shared/http.ts';
import { readEvidence } from '../helpers/evidence.ts';

const { env, now, webhooks, call } = readEvidence('jambonz');
const [post] = webhooks as [HttpRequest];
const secret = env['JAMBONZ_WEBHOOK_SECRET'] ?? '';
const accountSid = env['JAMBONZ_ACCOUNT_SID'] ?? '';
const seconds = now / 1000;

function mac(timestamp: number | string, body = post.body): string {
  return createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
}

function signed(signature: string): HttpRequest {
  return { ...post, headers: { ...post.headers, 'jambonz-signature': signature } };
}

describe('a signature', () => {
  test.each<[string, string]>([
    ['of another body', `t=${seconds},v1=${mac(seconds, '{}')}`],
    ['of another time', `t=${seconds},v1=${mac(seconds - 1)}`],
    ['in capitals', `t=${seconds},v1=${mac(seconds).toUpperCase()}`],
    ['of another scheme', `t=${seconds},v0=${mac(seconds)}`],
    ['without a time', `v1=${mac('undefined')}`],
    ['of a negative time', `t=-1,v1=${mac(-1)}`],
    ['with a space', `t=${seconds}, v1=${mac(seconds)}`],
    ['beside a wrong one', `t=${seconds},v1=${'0'.repeat(64)},v1=${mac(seconds)}`],
    ['of a time that is no number', `t=NaN,v1=${mac('NaN')}`],
  ])('%s is refused', (_, signature) => {
    expect(verify(signed(signature), [secret], now)).toMatchObject({ ok: false });
  });

  test.each([300, -300, 301, -301])('is good for 300 s either way: %i s', (age) => {
    const stale = { ok: false, flaw: { type: 'stale', seconds: age } };
    expect(verify(post, [secret], now + age * 1000)).toMatchObject(
      Math.abs(age) > 300 ? stale : { ok: true },
    );
  });
});

describe('a call', () => {
  const about = (fields: object): HttpRequest => ({
    ...post,
    body: JSON.stringify({ ...(JSON.parse(post.body) as object), ...fields }),
  });

  test.each([
    ['14155550100', '+14155550100'],
    ['+14155550100', '+14155550100'],
    ['1000', '1000'],
    ['alice', 'client:alice'],
    ['anonymous', 'anonymous'],
    ['sip:alice@sip.example.com', 'sip:alice@sip.example.com'],
  ])('from %j is from %j', (from, party) => {
    expect(readCall(about({ from }), accountSid)).toEqual({ ...call, from: party });
  });

  test.each([
    { call_sid: 'x' },
    { call_sid: undefined },
    { account_sid: '99999999-2222-4333-8444-555555555555' },
    { direction: 'sideways' },
    { from: 'a b' },
    { from: 14155550100 },
    { to: '' },
  ])('is none with %j', (fields) => {
    expect(readCall(about(fields), accountSid)).toBeNull();
  });

  test('is none in a GET, which says nothing about it', () => {
    expect(readCall({ ...post, method: 'GET' }, accountSid)).toBeNull();
  });
});

describe('a stream', () => {
  const first = (fields: object): unknown =>
    jambonz.stream.decodeEvent(
      JSON.stringify({
        sampleRate: 8000,
        mixType: 'mono',
        callSid: call.id,
        accountSid,
        from: 'alice',
        to: '15551230000',
        ...fields,
      }),
    );

  test('has the metadata of the document for parameters, and nothing of the call among them', () => {
    expect(first({ sipStatus: 200, traceId: 'x', customerData: { a: 'b' }, agent: 'support' })).toMatchObject(
      {
        stream: { from: 'client:alice', to: '+15551230000', parameters: { agent: 'support' } },
      },
    );
  });

  test.each([
    { mixType: 'stereo' },
    { sampleRate: 11_025 },
    { sampleRate: '8000' },
    { accountSid: undefined },
  ])('is refused with %j', (fields) => {
    expect(() => first(fields)).toThrow(expect.objectContaining({ code: 'ERR_FRAME_INVALID' }) as Error);
  });

  test('gives marks back whether they were played or cleared', () => {
    for (const event of ['playout', 'cleared']) {
      const message = JSON.stringify({ type: 'mark', data: { name: 'm', event } });
      expect(jambonz.stream.decodeEvent(message)).toMatchObject({ type: 'mark', name: 'm' });
    }
  });

  test.each(['clearMarks', 'disconnect', 'playAudio'])(
    'knows the command %s, and does not use it',
    (type) => {
      expect(jambonz.stream.decodeCommand(JSON.stringify({ type }))).toBeNull();
    },
  );
});
