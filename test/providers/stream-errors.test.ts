import { describe, expect, test } from 'vitest';
import { plivo, telnyx, twilio } from '../../providers/index.ts';
import type { CallEvent } from '../../shared/call-status.ts';
import type { ProviderModule } from '../../shared/provider.ts';
import { readEvidence } from '../helpers/evidence.ts';

/** What a stream callback with these parameters says. */
function told(module: ProviderModule, parameters: Record<string, string>): CallEvent | null {
  const { env, call } = readEvidence(module.name);
  const accountId = env['TWILIO_ACCOUNT_SID'] ?? '0a1b2c3d-0000-4000-8000-000000000000';
  const ids = module === plivo ? { CallUUID: call.id } : { CallSid: call.id, AccountSid: accountId };
  const body = new URLSearchParams({ ...ids, ...parameters }).toString();
  const url = `https://gw.example.com/webhooks/${module.name}/stream`;
  const notice = module.configure(env)?.readStreamStatus?.({ method: 'POST', url, headers: {}, body });
  if (!notice) throw new Error('this is no callback of a call');
  return notice.event;
}

describe('Twilio', () => {
  const error = (parameters: Record<string, string>): CallEvent | null =>
    told(twilio, { StreamEvent: 'stream-error', ...parameters });

  test.each([
    ['31901', 'got no answer', 'port 443'],
    ['31902', 'nothing listened', 'start the gateway'],
    ['31903', 'cut while', 'proxy'],
    ['31910', 'TLS failed', 'certificate'],
    ['31920', 'other than 101', 'token, capacity, bot'],
    ['31921', 'closed from this side', 'closeCode'],
    ['31922', 'not wss', 'public_url'],
    ['31923', 'malformed', 'public_url'],
    ['31924', 'does not understand', 'media'],
    ['31941', 'track', 'inbound_track'],
  ])('error %s means that the stream … %s', (code, meaning, cure) => {
    const expected = {
      type: 'stream-error',
      code,
      meaning: expect.stringContaining(meaning) as unknown,
      cure: expect.stringContaining(cure) as unknown,
    };
    expect(error({ StreamError: `Stream error ${code}` })).toMatchObject(expected);
    expect(error({ StreamErrorCode: code })).toMatchObject({ ...expected, said: '' });
  });

  test.each(['31930', '31950'])('error %s is a warning: the stream goes on', (code) => {
    expect(error({ StreamError: code })).toMatchObject({ type: 'stream-degraded', code });
  });

  test.each([
    ['Stream - WebSocket - Handshake Error', '31920'],
    ['Stream - WebSocket - Connection Timeout', '31901'],
    ['Stream - Media - Buffer Overflow', '31930'],
  ])('%j is known by its name', (StreamError, code) => {
    expect(error({ StreamError })).toMatchObject({ code, said: StreamError });
  });

  test.each([
    ['Something new', null, 'https://www.twilio.com/docs/api/errors'],
    ['31999', '31999', 'https://www.twilio.com/docs/api/errors/31999'],
    ['131920', null, 'https://www.twilio.com/docs/api/errors'],
    ['__proto__', null, 'https://www.twilio.com/docs/api/errors'],
  ])('%j is not known, and says where to look', (StreamError, code, where) => {
    expect(error({ StreamError })).toMatchObject({ code, cure: `look it up at ${where}` });
  });

  test('what it said is cut, and holds no control characters', () => {
    const event = error({ StreamError: `a\u0000b\n\u202e${'c'.repeat(300)}` });
    expect(event).toMatchObject({ said: `a b ${'c'.repeat(252)}` });
  });
});

describe('Plivo', () => {
  test.each([
    ['StartStream', 'stream-started'],
    ['StopStream', 'stream-stopped'],
    ['DroppedStream', 'stream-error'],
    ['DegradedStream', 'stream-degraded'],
  ])('%s is %s', (Event, type) => {
    expect(told(plivo, { Event })).toMatchObject({ type, streamId: null });
  });

  test.each(['PlayedStream', 'StartApp', 'constructor'])('%s is of no interest', (Event) => {
    expect(told(plivo, { Event })).toBeNull();
  });
});

describe('Telnyx', () => {
  test.each([
    ['stream-error', 'Connection timeout', null, 'got no answer'],
    ['stream-failed', 'connection refused', null, 'could not reach'],
    ['stream-error', 'x509: certificate signed by unknown authority', null, 'TLS failed'],
    ['stream-error', 'unexpected status 403', null, 'other than 101'],
    ['stream-error', '100004', '100004', 'not base64'],
    ['stream-error', '', null, 'lost it'],
  ])('%s %j has the code %s, and means that it … %s', (StreamEvent, StreamError, code, meaning) => {
    const expected = { type: 'stream-error', code, meaning: expect.stringContaining(meaning) as unknown };
    expect(told(telnyx, { StreamEvent, StreamError })).toMatchObject(expected);
  });
});
