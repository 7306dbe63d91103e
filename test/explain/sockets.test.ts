import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { claims, mint, secretOf } from '../attacks/forge.ts';
import { ask, upgradeText } from '../attacks/raw.ts';
import { carrierOf, openingOf } from '../helpers/carriers.ts';
import { connect } from '../helpers/client.ts';
import { secret } from '../helpers/leaks.ts';
import { FROM, PUBLIC, refusalScene, TO, type Explained, type RefusalScene } from './scene.ts';

let scene: RefusalScene;
beforeAll(async () => {
  scene = await refusalScene();
});
beforeEach(() => scene.later());
afterAll(() => scene.close());

interface Attempt {
  /** Path and query. */
  readonly target: string;
  readonly lines?: readonly string[];
}

const usual = { door: 'socket', judged: { scheme: 'wss', host: 'voice.example.com' } };

/** One refused upgrade, and its explanation. */
async function refused({ target, lines = [] }: Attempt): Promise<Explained> {
  const before = await scene.count();
  const answer = await ask(scene.gateway.port, upgradeText(target, lines));
  expect(answer.status).toBe(403);
  const found = await scene.newest(before + 1);
  for (const text of [found.sentence, found.setting]) expect(answer.body).not.toContain(text);
  const line = scene.gateway.log.findLast(({ msg }) => msg === 'socket refused');
  expect(line).toMatchObject({ refusal: found.id });
  return found;
}

/** Of this agent, issued now. */
async function tokenFor(agent = 'support'): Promise<string> {
  return (await scene.gateway.start(agent)).token;
}

describe('a token that is refused', () => {
  const at = '/ws/generic/support.local';
  const other = secretOf(`local:${Buffer.alloc(32, 8).toString('base64url')}`);
  const now = Math.floor(Date.now() / 1000);
  const forged = (kid: string): string => {
    const token = mint(other, JSON.stringify(claims(now, { kid, sh: 'support.local' })));
    secret(token);
    return token;
  };

  test.each<[string, () => Promise<Attempt>, object]>([
    ['is missing', async () => ({ target: at }), { cause: 'token-missing' }],
    [
      'is percent-encoded',
      async () => ({ target: `${at}/${(await tokenFor()).replace('.', '%2E')}` }),
      { cause: 'token-encoded', setting: expect.stringContaining('proxy'), matched: 'percent-decoded' },
    ],
    [
      'is cut',
      async () => ({ target: `${at}/${(await tokenFor()).slice(0, 120)}` }),
      { cause: 'token-cut', setting: expect.stringContaining('proxy') },
    ],
    [
      'has lost its capitals',
      async () => ({ target: `${at}/${(await tokenFor()).toLowerCase()}` }),
      { cause: 'token-malformed', sentence: expect.stringContaining('no capital letters') },
    ],
    [
      'has a quote at its end',
      async () => ({ target: `${at}?token=${await tokenFor()}"` }),
      { cause: 'token-malformed', matched: 'without what stands at its ends' },
    ],
    [
      'is an API key',
      async () => ({
        target: `${at}/${await tokenFor()}`,
        lines: [`Authorization: Bearer ${scene.gateway.publicKey}`],
      }),
      { cause: 'token-is-key' },
    ],
    [
      'is of a secret that is not here',
      async () => ({ target: `${at}/${forged('old')}` }),
      { cause: 'token-unknown-secret', sentence: expect.stringContaining('"old"') },
    ],
    [
      'is of another secret of the same name',
      async () => ({ target: `${at}/${forged('local')}` }),
      { cause: 'token-forged', setting: expect.stringContaining('HOOKSWITCH_SECRETS') },
    ],
    [
      'is for another agent',
      async () => ({ target: `${at}/${await tokenFor('sales')}` }),
      { cause: 'token-other-agent', setting: expect.stringContaining('sales.local') },
    ],
    [
      'has expired',
      async () => {
        const token = await tokenFor();
        scene.later(307);
        return { target: `${at}/${token}` };
      },
      { cause: 'token-expired', sentence: expect.stringMatching(/expired \d s ago/) },
    ],
    [
      'was issued in the future',
      async () => {
        scene.later(100);
        const token = await tokenFor();
        scene.later(-100);
        return { target: `${at}/${token}` };
      },
      { cause: 'token-expired', sentence: expect.stringMatching(/\d+ s in the future/) },
    ],
    [
      'was used',
      async () => {
        const target = `${at}/${await tokenFor()}`;
        expect((await ask(scene.gateway.port, upgradeText(target))).status).toBe(101);
        return { target };
      },
      { cause: 'token-used' },
    ],
  ])('because it %s says so, and what to do', async (_, attempt, expected) => {
    expect(await refused(await attempt())).toMatchObject({ ...usual, ...expected });
  });

  test('says nothing of the token itself', async () => {
    const token = await tokenFor('sales');
    expect(await refused({ target: `${at}/${token}` })).toMatchObject({ cause: 'token-other-agent' });
    const { refusals } = (await (await scene.get('/v1/refusals')).json()) as {
      refusals: { judged: object }[];
    };
    expect(JSON.stringify(refusals)).not.toContain(token);
    expect(refusals[0]?.judged).toMatchObject({
      path: expect.stringMatching(/support\.local\/\[token:[0-9a-f]{4}\]$/),
    });
  });
});

test('a token that did not decide, because another one came before it, is not told either', async () => {
  const [inPath, inQuery] = [await tokenFor(), await tokenFor()].map((token) => token.replace('.', '%2E'));
  const lines = [`Authorization: Bearer ${'x'.repeat(30)}`];
  const target = `/ws/generic/support.local/${inPath}?token=${inQuery}`;
  expect(await refused({ target, lines })).toMatchObject({ cause: 'token-malformed' });
  const told = (await (await scene.get('/v1/refusals')).text()) + JSON.stringify(scene.gateway.log);
  for (const token of [inPath, inQuery]) expect(told).not.toContain(token?.slice(0, 60));
});

test('a carrier without a webhook whose static secret is wrong says where it stands', async () => {
  const target = `/ws/exotel/support.local/ss_${'x'.repeat(30)}`;
  const found = await refused({ target });
  expect(found).toMatchObject({
    cause: 'stream-secret',
    setting: expect.stringContaining('HOOKSWITCH_STREAM_SECRETS'),
  });
  expect(JSON.stringify(found)).not.toContain('xxxx');
});

describe('a signed upgrade that is refused', () => {
  const at = '/ws/twilio/signed.local';
  const signedFor = (url: string, env = scene.carriers): string[] => {
    const header = carrierOf('twilio', env).upgradeHeaders(url)['x-twilio-signature'] ?? '';
    secret(header);
    return [`X-Twilio-Signature: ${header}`];
  };

  test.each<[string, () => Attempt, object]>([
    ['has no signature', () => ({ target: at }), { cause: 'header-missing' }],
    [
      'is signed for https',
      () => ({ target: at, lines: signedFor(PUBLIC + at) }),
      { cause: 'scheme', setting: expect.stringContaining('websocket_auth = "token"') },
    ],
    [
      'is signed for ws',
      () => ({ target: at, lines: signedFor(`ws://voice.example.com${at}`) }),
      { cause: 'scheme', setting: 'public_url = "http://voice.example.com"' },
    ],
    [
      'is signed for the host of the proxy',
      () => ({
        target: at,
        lines: ['X-Forwarded-Host: calls.example.org', ...signedFor(`wss://calls.example.org${at}`)],
      }),
      { cause: 'host', setting: 'public_url = "https://calls.example.org"' },
    ],
    [
      'is signed for another agent',
      () => ({ target: at, lines: signedFor('wss://voice.example.com/ws/twilio/sales.local') }),
      { cause: 'path' },
    ],
    [
      'has a query, signed',
      () => ({ target: `${at}?a=1`, lines: signedFor(`wss://voice.example.com${at}?a=1`) }),
      { cause: 'address' },
    ],
    [
      'comes from a carrier that signs none',
      () => ({ target: '/ws/telnyx/signed.local' }),
      { cause: 'unsigned-carrier', setting: expect.stringContaining('twilio') },
    ],
    [
      'is signed with another secret',
      () => ({
        target: at,
        lines: signedFor(`wss://voice.example.com${at}`, {
          ...scene.carriers,
          TWILIO_AUTH_TOKEN: 'e'.repeat(32),
        }),
      }),
      { cause: 'secret', setting: expect.stringContaining('TWILIO_AUTH_TOKEN=new,old') },
    ],
  ])('because it %s says so, and what to do', async (_, attempt, expected) => {
    expect(await refused(attempt())).toMatchObject({ ...usual, ...expected });
  });

  test('or whose call nobody announced, says so', async () => {
    const before = await scene.count();
    const carrier = carrierOf('twilio', scene.carriers);
    const headers = {
      'x-twilio-signature':
        carrier.upgradeHeaders(`wss://voice.example.com${at}`)['x-twilio-signature'] ?? '',
    };
    secret(headers['x-twilio-signature']);
    const client = await connect(scene.gateway.ws + at, { headers });
    for (const line of openingOf('twilio', carrier.newStream(carrier.newCall(FROM, TO), {})))
      client.socket.send(line);
    expect(await client.closed).toMatchObject({ code: 1008 });
    expect(await scene.newest(before + 1)).toMatchObject({
      door: 'stream',
      cause: 'call-unknown',
      setting: expect.stringContaining('/webhooks/twilio'),
    });
  });
});
