import { beforeEach, describe, expect, test } from 'vitest';
import { genesys } from '../../providers/index.ts';
import { converse } from '../../providers/genesys/conversation.ts';
import { readSettings } from '../../providers/genesys/settings.ts';
import {
  MAX_NONCES,
  signedHeaders,
  upgradeVerifier,
  type VerifyUpgrade,
} from '../../providers/genesys/signature.ts';
import type { UpgradeRequest } from '../../shared/provider.ts';
import { readEvidence, readStream } from '../helpers/evidence.ts';

/**
 * The example of the protocol's documentation, as Genesys' own server tests it: a secret that is none.
 *
 * @see https://github.com/purecloudlabs/audiohook-reference-implementation, app/audiohook/test/httpsignature (read 2026-11-21)
 */
const published: UpgradeRequest = {
  url: 'wss://audiohook.example.com/api/v1/voicebiometrics/ws',
  headers: {
    host: 'audiohook.example.com',
    'audiohook-organization-id': 'd7934305-0972-4844-938e-9060eef73d05',
    'audiohook-session-id': '30b0e395-84d3-4570-ac13-9a62d8f514c0',
    'audiohook-correlation-id': 'e160e428-53e2-487c-977d-96989bf5c99d',
    'x-api-key': 'SGVsbG8sIEkgYW0gdGhlIEFQSSBrZXkh',
    signature: 'sig1=:NZBwyBHRRyRoeLqy1IzOa9VYBuI8TgMFt2GRDkDuJh4=:',
    'signature-input':
      'sig1=("@request-target" "@authority" "audiohook-organization-id" "audiohook-session-id" ' +
      '"audiohook-correlation-id" "x-api-key");keyid="SGVsbG8sIEkgYW0gdGhlIEFQSSBrZXkh";' +
      'nonce="VGhpc0lzQVVuaXF1ZU5vbmNl";alg="hmac-sha256";created=1641013200;expires=3282026430',
  },
};
const env = {
  GENESYS_ORGANIZATION_ID: 'd7934305-0972-4844-938e-9060eef73d05',
  GENESYS_API_KEY: 'SGVsbG8sIEkgYW0gdGhlIEFQSSBrZXkh',
  GENESYS_CLIENT_SECRET: 'TXlTdXBlclNlY3JldEtleVRlbGxOby0xITJAMyM0JDU=',
};
const CREATED = 1_641_013_200;

function settingsOf(variables: typeof env): NonNullable<ReturnType<typeof readSettings>> {
  const settings = readSettings(variables);
  if (!settings) throw new Error('not configured');
  return settings;
}

let seconds = CREATED;
let verify: VerifyUpgrade;
beforeEach(() => {
  seconds = CREATED;
  verify = upgradeVerifier(settingsOf(env), () => seconds * 1000);
});

function withHeader(name: string, value: string | undefined): UpgradeRequest {
  const others = Object.entries(published.headers).filter(([key]) => key !== name);
  return {
    ...published,
    headers: Object.fromEntries(value === undefined ? others : [...others, [name, value]]),
  };
}

/** Signed by us, with other parts. */
function signed(nonce: string, changed: Readonly<Record<string, string>> = {}): UpgradeRequest {
  const { apiKeys, clientSecrets } = settingsOf(env);
  const { host = '', ...headers } = published.headers;
  const by = { apiKey: apiKeys[0], secret: clientSecrets[0], nonce, created: seconds };
  return {
    url: published.url,
    headers: { host, ...signedHeaders(published.url, { ...headers, ...changed }, by) },
  };
}

describe('the published signature', () => {
  test('is accepted, once', () => {
    expect(verify(published)).toEqual({ ok: true });
    expect(verify(published)).toMatchObject({
      ok: false,
      reason: expect.stringContaining('nonce') as string,
    });
  });

  test.each([
    [-4, false],
    [-3, true],
    [13, true],
    [14, false],
  ])('%i s after it was made: %s', (age, ok) => {
    seconds = CREATED + age;
    expect(verify(published).ok).toBe(ok);
  });

  test.each(Object.keys(published.headers).filter((name) => name !== 'host'))(
    'is refused without %s',
    (name) => {
      expect(verify(withHeader(name, undefined))).toMatchObject({ ok: false, flaw: { type: 'missing' } });
    },
  );

  test.each([
    ['audiohook-organization-id', 'd7934305-0972-4844-938e-9060eef73d06'],
    ['audiohook-session-id', '30b0e395-84d3-4570-ac13-9a62d8f514c1'],
    ['audiohook-correlation-id', 'x'],
    ['x-api-key', 'another'],
    ['signature', 'sig1=:AZBwyBHRRyRoeLqy1IzOa9VYBuI8TgMFt2GRDkDuJh4=:'],
    ['signature', 'sig2=:NZBwyBHRRyRoeLqy1IzOa9VYBuI8TgMFt2GRDkDuJh4=:'],
    ['signature', 'sig1=NZBwyBHRRyRoeLqy1IzOa9VYBuI8TgMFt2GRDkDuJh4='],
    ['signature', `${published.headers['signature']}, ${published.headers['signature']}`],
    ['signature', 'é'.repeat(1_000_000)],
  ])('is refused when %s is %s', (name, value) => {
    expect(verify(withHeader(name, value))).toMatchObject({ ok: false });
  });

  test.each([
    'wss://audiohook.example.com/api/v1/voicebiometrics/ws?x=1',
    'wss://audiohook.example.com/api/v1/voicebiometrics/ws/',
    'wss://audiohook.example.com:8443/api/v1/voicebiometrics/ws',
    'wss://other.example.com/api/v1/voicebiometrics/ws',
    '',
  ])('is refused at %j', (url) => {
    expect(verify({ ...published, url })).toMatchObject({ ok: false });
  });

  const input = published.headers['signature-input'] ?? '';
  test.each([
    ['covers less', input.replace(' "x-api-key"', '')],
    ['covers the target twice', input.replace('"@authority"', '"@request-target" "@authority"')],
    ['covers something unknown', input.replace('"x-api-key")', '"x-api-key" "@status")')],
    ['covers a header that is not there', input.replace('"x-api-key")', '"x-api-key" "date")')],
    ['has no nonce', input.replace(/;nonce="[^"]*"/, '')],
    ['has no creation', input.replace(/;created=\d+/, '')],
    ['is created twice', `${input};created=1641013200`],
    ['is expired', input.replace('expires=3282026430', 'expires=1641013000')],
    ['has another algorithm', input.replace('hmac-sha256', 'rsa-v1_5-sha256')],
    ['has another key', input.replace(/keyid="[^"]*"/, 'keyid="x"')],
    ['is two', `${input}, ${input.replace('sig1', 'sig2')}`],
    ['is spaced', input.replace(';nonce', '; nonce')],
    ['is nothing', 'x'],
    ['is endless', `sig1=(${'"a" '.repeat(300_000)}`],
  ])('is refused when its input %s', (_, value) => {
    const began = process.cpuUsage();
    expect(verify(withHeader('signature-input', value))).toMatchObject({ ok: false });
    expect(process.cpuUsage(began).user / 1000).toBeLessThan(100); // ms
  });
});

describe('a signature of ours', () => {
  test('is accepted like theirs', () => {
    expect(verify(signed('n'.repeat(22)))).toEqual({ ok: true });
  });

  test('with a nonce of 21 characters is refused', () => {
    expect(verify(signed('n'.repeat(21)))).toMatchObject({ ok: false });
  });

  test('for another organization is refused, and the log may name it', () => {
    const account = '00000000-0000-4000-8000-000000000001';
    const check = verify(signed('n'.repeat(22), { 'audiohook-organization-id': account }));
    expect(check).toMatchObject({ ok: false, flaw: { type: 'account', account } });
  });

  test('is accepted under the old and the new secret while both are set', () => {
    const secret = Buffer.alloc(32, 7).toString('base64');
    const both = { ...env, GENESYS_CLIENT_SECRET: `${secret},${env.GENESYS_CLIENT_SECRET}` };
    const now = (): number => seconds * 1000;
    expect(upgradeVerifier(settingsOf(both), now)(published)).toEqual({ ok: true });
    expect(upgradeVerifier(settingsOf({ ...env, GENESYS_CLIENT_SECRET: secret }), now)(published).ok).toBe(
      false,
    );
  });

  test('can not be played again while it lives, and its nonce is forgotten after that', () => {
    const replayed = signed('n'.repeat(22));
    expect(verify(replayed).ok).toBe(true);
    seconds = CREATED + 13;
    expect(verify(replayed)).toMatchObject({ reason: expect.stringContaining('nonce') as string });
    seconds = CREATED + 17;
    expect(verify(signed('n'.repeat(22))).ok).toBe(true);
  });

  test('finds the door closed when more nonces live than are remembered', () => {
    const nonce = (count: number): string => String(count).padStart(22, '0');
    for (let count = 0; count < MAX_NONCES; count += 1) verify(signed(nonce(count)));
    expect(verify(signed(nonce(MAX_NONCES))).ok).toBe(false);
    seconds += 17;
    expect(verify(signed(nonce(MAX_NONCES))).ok).toBe(true);
  });
});

describe('a conversation', () => {
  test('is numbered and answered as it was recorded, at both ends', () => {
    const [caller, bot] = [converse('carrier'), converse('bot')];
    let due: unknown[] = [];
    const [said, recorded]: [unknown[], unknown[]] = [[], []];
    for (const { direction, message } of readStream('genesys')) {
      const [ours, theirs] = direction === 'provider_to_server' ? [caller, bot] : [bot, caller];
      recorded.push(parsed(message));
      said.push(due.shift() ?? parsed(ours.send(message)));
      due = theirs.hear(message).map(parsed);
    }
    expect(said).toEqual(recorded);
    expect(due).toEqual([]);
  });

  test('carries no audio of the caller before it is opened', () => {
    const [opening] = readStream('genesys');
    const [caller, bot] = [converse('carrier'), converse('bot')];
    const open = caller.send(opening?.message ?? '') ?? '';
    expect(caller.send(new Uint8Array(160))).toBeNull();
    for (const answer of bot.hear(open)) caller.hear(answer);
    expect(caller.send(new Uint8Array(160))).toEqual(new Uint8Array(160));
  });

  test.each([
    [[]],
    ['x'],
    [[{ type: 'audio', format: 'PCMU', channels: ['external', 'internal'], rate: 8000 }]],
    [[{ type: 'audio', format: 'L16', channels: ['external'], rate: 8000 }]],
  ])('of media %j is not begun by our bots', (media) => {
    const open = { version: '2', id: 'x', type: 'open', seq: 1, parameters: { media } };
    const [answer] = converse('bot').hear(JSON.stringify(open));
    expect(parsed(answer ?? null)).toMatchObject({ type: 'disconnect', seq: 1, clientseq: 1 });
  });

  test.each(['', 'null', '{}', '[1]', '{"type":1}'])('is not disturbed by %j', (message) => {
    expect(converse('bot').hear(message)).toEqual([]);
    expect(converse('carrier').hear(message)).toEqual([]);
  });

  test('is closed by Genesys when a bot disconnects', () => {
    const [answer] = converse('carrier').hear('{"type":"disconnect","id":"x","seq":1}');
    expect(parsed(answer ?? null)).toMatchObject({ type: 'close', parameters: { reason: 'disconnect' } });
  });
});

test.each([
  ['+1-317-555-0100', '+13175550100'],
  ['tel:+13175550100', '+13175550100'],
  ['sip:alice@example.com', 'sip:alice@example.com'],
  ['+1\r\nx-evil: 1', null],
])('a caller %j is handed on as %j', (ani, from) => {
  const { env: own, call } = readEvidence('genesys');
  const facts = genesys.carrier(own)?.newStream({ ...call, from: ani }, {});
  const text = facts && genesys.stream.encodeEvent({ type: 'start', sequence: 1, stream: facts }, facts);
  const event = genesys.stream.decodeEvent(text ?? '');
  expect(event?.type === 'start' && event.stream.from).toBe(from);
});

function parsed(message: string | Uint8Array | null): unknown {
  return typeof message === 'string' ? JSON.parse(message) : message && [...message];
}
