import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { DoctorFlags } from '../../cli/doctor/command.ts';
import type { DoctorTools } from '../../cli/doctor/scene.ts';
import { authority, type BreakingProxyOptions } from '../helpers/breaking-proxy.ts';
import { testGateway } from '../helpers/gateway.ts';
import { doctorsCase, MASTER, NUMBER, type DoctorsCase } from './doctor-scene.ts';

let scene: DoctorsCase;
beforeAll(async () => {
  scene = await doctorsCase();
});
afterEach(() => scene.tidy());
afterAll(() => scene.close());

test('a number that asks this gateway, behind a proxy that does its work, is ready', async () => {
  const url = await scene.proxied();
  scene.api.addNumber(NUMBER, { voice_url: `${url}/webhooks/twilio/support` });
  const { code, out } = await scene.run({ url, idle: '0.2', bots: true });
  expect(out).not.toMatch(/^ {2}(warn|fail)/m);
  expect(out).toMatch(/ok +TLS +TLSv1\.3, certificate of voice\.example\.com good until 2126/);
  for (const check of [
    'webhook',
    'query',
    'WebSocket',
    'clock',
    'bots of support\\.local',
    'numbers of twilio',
  ]) {
    expect(out).toMatch(new RegExp(`^ {2}ok +${check} `, 'm'));
  }
  expect(out).toMatch(/ok +idle socket +lives after 0\.2 s/);
  expect(out).toMatch(/skip +Redis +sessions are kept in the memory/);
  expect(out.split('\n').at(-2)).toBe(`${NUMBER} (twilio → support.local): ready`);
  expect(code).toBe(0);
  expect(out).not.toContain(MASTER);
  expect(out).not.toContain(scene.env['TWILIO_AUTH_TOKEN']);
});

describe.each<[string, Partial<BreakingProxyOptions>, RegExp]>([
  [
    'cuts the path',
    { rewrite: (target) => target.replace(/\/[^/?]+(\?|$)/, '$1') },
    /fail +WebSocket +the path .* cut from/,
  ],
  [
    'takes the prefix away',
    { rewrite: (target) => target.replace(/^\/(ws|webhooks)/, '') },
    /fail +webhook +the path .* cut from/,
  ],
  [
    'strips the query',
    { rewrite: (target) => target.replace(/\?.*/, '') },
    /fail +WebSocket +the query .* taken away/,
  ],
  ['spells the query anew', { rewrite: respelled }, /fail +query +the query .* other escapes/],
  [
    'writes paths in lower case',
    { rewrite: (target) => target.toLowerCase() },
    /fail +WebSocket +the path .* other letters/,
  ],
  ['loses upgrades', { drop: ['upgrade'] }, /fail +WebSocket +the upgrade was lost/],
  [
    'loses our header',
    { drop: ['x-hookswitch-probe'] },
    /fail +webhook +answered with 4\d\d, but not by a gateway/,
  ],
  [
    'redirects',
    { answer: { status: 308, location: 'https://www.example.com/x' } },
    /fail +webhook +redirected with 308 to https:\/\/www\.example\.com\n/,
  ],
  [
    'reaches nobody',
    { answer: { status: 502 } },
    /fail +webhook +answered with 502: the proxy does not reach/,
  ],
])('a proxy that %s', (_, faults, sentence) => {
  test('is found out, with a cure, and nothing is ready', async () => {
    const { code, out } = await scene.behind(faults);
    expect([code, out]).toEqual([1, expect.stringMatching(sentence)]);
    expect(out).not.toMatch(/: ready$/m);
    expect(out.match(/^ {2}fail.*\n(?! +→)/gm)).toBeNull();
  });
});

function respelled(target: string): string {
  const [path = '', query] = target.split('?');
  return query === undefined ? path : `${path}?${String(new URLSearchParams(query))}`;
}

test('a proxy that decodes paths is warned of', async () => {
  const { out } = await scene.behind({ rewrite: (target) => target.replace('%2F', '/') });
  expect(out).toMatch(/warn +path escapes +escapes in paths do not arrive/);
});

test('a proxy that cuts idle sockets is found out after its time', async () => {
  const { out } = await scene.behind({ idle: 300 }, { idle: '2' });
  expect(out).toMatch(
    /fail +idle socket +cut off after 0\.[2-9] s without a byte\n +→ raise the read timeout/,
  );
});

test.each<[string, Partial<BreakingProxyOptions>, Partial<DoctorTools>, RegExp]>([
  [
    'of another name',
    { certificate: 'localhost' },
    { ca: authority },
    /fail +TLS +carriers will not trust.*\n +→ /,
  ],
  [
    'of an unknown authority',
    {},
    { ca: '' },
    /fail +TLS +carriers will not trust .*(UNABLE_TO|SELF_SIGNED).*\n +→ /,
  ],
  [
    'that ends in ten days',
    {},
    { now: () => Date.UTC(2126, 9, 18) },
    /warn +TLS +the certificate of voice\.example\.com ends on 2126-10-28, within 14 days\n +→ renew/,
  ],
])('a certificate %s', async (_, faults, tools, sentence) => {
  expect((await scene.behind(faults, {}, tools)).out).toMatch(sentence);
});

test('where nobody listens, that is said once for each way', async () => {
  const { code, out } = await scene.run({ url: 'https://voice.example.com:1' });
  expect(code).toBe(1);
  expect(out).toMatch(/fail +TLS +no TLS at voice\.example\.com:1: ECONNREFUSED/);
  expect(out).toMatch(/fail +webhook +no answer: ECONNREFUSED/);
});

test('a gateway with other secrets is a stranger', async () => {
  const other = await testGateway({ agents: { support: scene.bot.url } });
  const { out } = await scene.behind({ to: other.port });
  expect(out).toMatch(/fail +webhook +answered with \d+, but not by a gateway with our secrets/);
  expect(out).toMatch(/fail +WebSocket/);
  await other.close();
});

test('clocks that differ are warned of: the gateway’s, and the carrier’s', async () => {
  scene.api.now = () => Date.now() - 90_000;
  const { out } = await scene.behind({}, {}, { now: () => Date.now() + 60_000 });
  scene.api.now = Date.now;
  expect(out).toMatch(/warn +clock +the gateway's clock is (59|60) s behind this machine's/);
  expect(out).toMatch(/warn +clock of twilio +the clock of twilio is 1(49|50|51) s behind/);
});

test('bots are dialled with the gateway’s own handshake', async () => {
  const before = scene.bot.dials.length;
  await scene.behind({}, { bots: true });
  expect(scene.bot.dials).toHaveLength(before + 1);
  expect((await scene.behind({})).out).toMatch(/skip +bots of support\.local +--no-bots/);
  const file = scene.configured(
    '[[agents]]\nagent_name = "gone"\nwebsocket_auth = "token"\nbots = ["ws://127.0.0.1:1/ws?key=hidden-key"]\n',
  );
  const { code, out } = await scene.run({ config: file, bots: true });
  expect([code, out]).toEqual([
    1,
    expect.stringMatching(/fail +bots of gone\.local +ws:\/\/127\.0\.0\.1:1\/ws: .*\n +→ start the bot/),
  ]);
  expect(out).not.toContain('hidden-key');
});

test('--json is one object, and nothing else', async () => {
  const { out } = await scene.behind({}, { json: true });
  expect(JSON.parse(out)).toMatchObject({
    ok: false,
    findings: expect.arrayContaining([
      expect.objectContaining({ check: 'WebSocket', status: 'ok' }),
    ]) as unknown,
    numbers: [{ number: NUMBER, carrier: null, agents: 'support.local' }],
  });
});

test('without a public URL says what it could not look at, and why', async () => {
  const { code, out } = await scene.run();
  expect(code).toBe(1);
  expect(out).toMatch(/fail +public URL +there is no public URL\n +→ set public_url/);
  for (const check of ['TLS', 'webhook', 'WebSocket', 'clock', 'numbers of twilio']) {
    expect(out).toMatch(new RegExp(`skip +${check} `));
  }
});

test('a configuration that makes no sense is the one finding', async () => {
  const file = scene.configured('listen = "x"\n');
  const { code, out } = await scene.run({ config: file });
  expect([code, out]).toEqual([
    1,
    expect.stringMatching(/^ {2}fail +configuration +[^]*listen[^]*→ correct it/),
  ]);
});

test.each<[Partial<DoctorFlags>, RegExp]>([
  [{ idle: '0' }, /--idle takes seconds/],
  [{ idle: '151' }, /at most 150/],
  [{ url: 'voice.example.com' }, /--url must be/],
  [{ url: 'https://u:p@voice.example.com' }, /without query, fragment and user/],
])('%j makes no sense', async (flags, sentence) => {
  expect(await scene.run(flags)).toMatchObject({ code: 2, err: expect.stringMatching(sentence) as string });
});
