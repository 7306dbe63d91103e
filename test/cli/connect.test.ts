import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connect, type ConnectFlags } from '../../cli/connect/command.ts';
import { problemOfPublicUrl } from '../../cli/connect/public-url.ts';
import { shownUrl } from '../../cli/connect/webhook-urls.ts';
import { plivoApi, telnyxApi, twilioApi, type TwilioApi } from '../helpers/carrier-api/index.ts';
import { moduleOf } from '../helpers/carriers.ts';
import { runCli } from '../helpers/cli.ts';
import { printed, secret } from '../helpers/leaks.ts';

const NUMBER = '+15557771001';
const OLD = 'https://bob:hunter2hunter2@old.example.com/voice?key=a-key-of-somebody';
const VOICE_URL = 'https://voice.example.com/webhooks/twilio/support';

let folder: string;
let env: Record<string, string>;

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function run(carrier: string, flags: Partial<ConnectFlags> = {}): Promise<Ran> {
  let out = '';
  let err = '';
  const write = (text: string): void => printed(text);
  const code = await connect(
    carrier,
    { status: true, config: join(folder, 'hookswitch.toml'), ...flags },
    {
      env,
      fetch,
      now: () => Date.UTC(2026, 10, 21),
      stdout: { write: (text) => (write(text), (out += text)) },
      stderr: { write: (text) => (write(text), (err += text)) },
    },
  );
  return { code, out, err };
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hookswitch-connect-'));
  env = { HOOKSWITCH_STATE: join(folder, 'state.json') };
  const agent = (name: string, more = ''): string =>
    `[[agents]]\nagent_name = "${name}"\nwebsocket_auth = "token"\nbots = ["ws://127.0.0.1:1/ws"]\n${more}`;
  writeFileSync(
    join(folder, 'hookswitch.toml'),
    `public_url = "https://voice.example.com"\n${agent('support')}${agent('sales', 'numbers = ["+15557779999"]\n')}`,
  );
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a number of twilio', () => {
  let api: TwilioApi;
  let sid: string;

  beforeEach(async () => {
    const made = moduleOf('twilio').inventCredentials();
    secret(made['TWILIO_AUTH_TOKEN'] ?? '', 'hunter2hunter2', 'a-key-of-somebody');
    api = await twilioApi(made);
    Object.assign(env, made, { TWILIO_API_URL: api.origin });
    sid = api.addNumber(NUMBER, { voice_url: OLD, voice_method: 'GET' });
  });
  afterEach(() => api.close());

  const written = (): string[] =>
    api.requests.filter(({ operation }) => operation.startsWith('POST')).map(({ operation }) => operation);

  test('is shown before and after, in the words of the console, and nothing is written', async () => {
    const { code, out } = await run('twilio', { number: NUMBER, agent: 'support' });
    expect(code).toBe(0);
    expect(out).toMatch(
      /A call comes in: URL +https:\/\/\*\*\*@old\.example\.com\/voice\?key=\*\*\*\n +→ https:\/\/voice/,
    );
    expect(out).toMatch(/A call comes in: HTTP +GET\n +→ POST/);
    expect(out).toMatch(/Call status changes: URL +\(empty\)\n +→ .*\/webhooks\/twilio\/status\n/);
    expect(out).toMatch(/Nothing is written: add --apply/);
    expect([written(), api.numbers.get(sid)?.['voice_url']]).toEqual([[], OLD]);
  });

  test('is written with --apply, kept for its owner alone, and put back with --undo --apply', async () => {
    const before = { ...api.numbers.get(sid) };
    expect(await run('twilio', { number: NUMBER, agent: 'support', apply: true })).toMatchObject({
      code: 0,
      out: expect.stringMatching(/Written, and read again/) as string,
    });
    expect(api.numbers.get(sid)).toMatchObject({ voice_url: VOICE_URL, voice_method: 'POST' });
    const file = join(folder, 'state.numbers.json');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).not.toContain(env['TWILIO_AUTH_TOKEN']);

    expect(await run('twilio', { number: NUMBER, agent: 'support', apply: true })).toMatchObject({
      code: 0,
      out: expect.stringMatching(/Nothing to do/) as string,
    });
    expect((await run('twilio', { number: NUMBER, undo: true })).out).toMatch(
      /\n +→ https:\/\/\*\*\*@old[^]*add --apply/,
    );
    expect((await run('twilio', { number: NUMBER, undo: true, apply: true })).code).toBe(0);
    expect(api.numbers.get(sid)).toEqual(before);
    expect(await run('twilio', { number: NUMBER, undo: true })).toMatchObject({
      code: 2,
      err: expect.stringMatching(/nothing is known/) as string,
    });
  });

  test('is not put back over what somebody else has written since', async () => {
    await run('twilio', { number: NUMBER, agent: 'support', apply: true });
    Object.assign(api.numbers.get(sid) ?? {}, { voice_url: 'https://else.example.com/' });
    const { code, out } = await run('twilio', { number: NUMBER, undo: true, apply: true });
    expect([code, out]).toEqual([
      1,
      expect.stringMatching(/else\.example\.com[^]*somebody else has changed it/),
    ]);
    expect(api.numbers.get(sid)?.['voice_url']).toBe('https://else.example.com/');
  });

  test('that is changed between reading and writing is left alone', async () => {
    let reads = 0;
    api.intercept = ({ operation }) => {
      const number = api.numbers.get(sid) ?? {};
      if (operation.startsWith('GET') && (reads += 1) === 2)
        number['voice_url'] = 'https://faster.example.com/';
      return null;
    };
    const { code, out } = await run('twilio', { number: NUMBER, agent: 'support', apply: true });
    expect([code, out, written()]).toEqual([1, expect.stringMatching(/somebody else changes/), []]);
  });

  test('that does not hold what was written is said to', async () => {
    api.intercept = ({ operation }) =>
      operation.startsWith('POST') ? { status: 200, body: api.numbers.get(sid) } : null;
    const { code, out } = await run('twilio', { number: NUMBER, agent: 'support', apply: true });
    expect([code, out]).toEqual([1, expect.stringMatching(/does not hold[^]*A call comes in: URL/)]);
  });

  test('behind a TwiML App is taken off it, and told so; --no-status leaves the callback', async () => {
    Object.assign(api.numbers.get(sid) ?? {}, { voice_application_sid: `AP${'a'.repeat(32)}` });
    const flags = {
      number: NUMBER,
      agent: 'support',
      status: false,
      fallbackUrl: 'https://spare.example.com/',
    };
    const { out } = await run('twilio', flags);
    expect(out).toMatch(
      /Primary handler fails: URL +\(empty\)\n +→ https:\/\/spare[^]*TwiML App +AP[^]*note: the number is taken off/,
    );
    expect(out).not.toContain('Call status');
  });

  test('without an agent goes to the bare webhook; with another organisation’s, by its whole name', async () => {
    expect((await run('twilio', { number: NUMBER })).out).toMatch(
      /→ https:\/\/voice\.example\.com\/webhooks\/twilio\n/,
    );
  });

  test('is listed with all others, and where each points', async () => {
    api.addNumber('+15557771002', { voice_url: VOICE_URL });
    api.addNumber('+15557771003', { trunk_sid: `TK${'c'.repeat(32)}` });
    api.addNumber('+15557771004');
    const { code, out } = await run('twilio');
    expect([code, out.split('\n')]).toEqual([
      0,
      [
        `${NUMBER}      GET https://***@old.example.com/voice?key=***`,
        `+15557771002      POST ${VOICE_URL}  → this gateway, support.local`,
        `+15557771003      handled by the SIP trunk TK${'c'.repeat(32)}`,
        '+15557771004      points nowhere',
        '',
      ],
    ]);
  });

  test('is one object with --json, and nothing else', async () => {
    const { out } = await run('twilio', { number: NUMBER, agent: 'support', json: true, apply: true });
    expect(JSON.parse(out)).toMatchObject({ carrier: 'twilio', number: NUMBER, applied: true, holds: true });
    expect(out).not.toContain('hunter2');
  });

  test('is connected by the command as it is shipped', async () => {
    const args = ['connect', 'twilio', '--number', NUMBER, '--agent', 'support', '--apply'];
    const ran = await runCli(args, { env, cwd: folder });
    expect(ran).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/Written/) as string });
    expect(api.numbers.get(sid)?.['voice_url']).toBe(VOICE_URL);
  });

  test.each<[string, Partial<ConnectFlags>, number, RegExp]>([
    ['another number', { number: '+15557770000' }, 2, /has no number \+15557770000/],
    ['no E.164', { number: '5551234' }, 2, /E\.164/],
    [
      'an unknown agent',
      { number: NUMBER, agent: 'x' },
      2,
      /would refuse calls to .* at \/webhooks\/twilio\/x: no agent of the name/,
    ],
    ['http', { number: NUMBER, url: 'http://voice.example.com' }, 2, /not https/],
    ['loopback', { number: NUMBER, url: 'https://localhost:7860' }, 2, /only this machine/],
    ['--apply alone', { apply: true }, 2, /add --number/],
    ['--undo of nothing', { number: NUMBER, undo: true }, 2, /nothing is known/],
  ])('refuses %s', async (_, flags, code, sentence) => {
    expect(await run('twilio', flags)).toMatchObject({
      code,
      out: '',
      err: expect.stringMatching(sentence) as string,
    });
  });

  test.each([
    [401, /refuses our credentials.*check TWILIO_ACCOUNT_SID/],
    [503, /ask again/],
  ])('when twilio answers %i', async (status, sentence) => {
    api.intercept = () => ({ status, body: { code: 1, message: 'no' } });
    const { code, err } = await run('twilio', { number: NUMBER });
    expect([code, err]).toEqual([1, expect.stringMatching(sentence)]);
  });
});

test('plivo and telnyx get an application of their own, and the number goes back to the other one', async () => {
  const plivo = await plivoApi((env = { ...env, ...moduleOf('plivo').inventCredentials() }));
  const telnyx = await telnyxApi((env = { ...env, ...moduleOf('telnyx').inventCredentials() }));
  Object.assign(env, { PLIVO_API_URL: plivo.origin, TELNYX_API_URL: `${telnyx.origin}/v2` });
  plivo.addNumber(NUMBER, plivo.addApplication({ app_name: 'old', answer_url: 'https://old.example.com/p' }));
  const connection = telnyx.addApplication({ friendly_name: 'old', voice_url: 'https://old.example.com/t' });
  const id = telnyx.addNumber(NUMBER, { connection_id: connection });
  for (const carrier of ['plivo', 'telnyx']) {
    const { code, out } = await run(carrier, { number: NUMBER, agent: 'support', apply: true });
    expect([code, out]).toEqual([0, expect.stringMatching(/old\n +→ hookswitch-support[^]*Written/)]);
    expect((await run(carrier)).out).toContain('→ this gateway, support.local');
    expect((await run(carrier, { number: NUMBER, undo: true, apply: true })).code).toBe(0);
  }
  // Telnyx does not sign the URL that names the agent: the called number has to.
  const refused = expect.stringMatching(/would refuse calls .* at \/webhooks\/telnyx\/sales/) as string;
  expect(await run('telnyx', { number: NUMBER, agent: 'sales' })).toMatchObject({ code: 2, err: refused });
  expect([telnyx.numbers.get(id)?.['connection_id'], telnyx.applications.size]).toEqual([connection, 2]);
  expect([plivo.faults, telnyx.faults]).toEqual([[], []]);
  await Promise.all([plivo.close(), telnyx.close()]);
});

test.each([
  ['dance', /"dance" is no carrier; this command knows .*twilio/],
  ['twilio', /no credentials of twilio: set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN/],
])('%s, with nothing configured', async (carrier, sentence) => {
  expect(await run(carrier)).toMatchObject({ code: 2, err: expect.stringMatching(sentence) as string });
});

test.each([
  'https://voice.example.com',
  'https://voice.example.com:8443/base',
  'https://203.0.113.9',
  'https://[2001:db8::1]',
])('carriers can reach %s', (url) => expect(problemOfPublicUrl(url)).toBeNull());

test.each([
  ['https://192.168.1.4', /only this machine/],
  ['https://172.31.0.1', /only this machine/],
  ['https://[fd00::1]', /only this machine/],
  ['https://gateway', /only this machine/],
  ['https://voice.local', /only this machine/],
  ['http://voice.example.com', /not https/],
  [null, /no public URL/],
])('carriers cannot reach %s', (url, problem) => expect(problemOfPublicUrl(url)?.cause).toMatch(problem));

test.each([
  ['https://a:b@x.example.com/p?token=1&a', 'https://***@x.example.com/p?token=***&a=***'],
  ['https://x.example.com', 'https://x.example.com/'],
  ['POST', 'POST'],
  ['', ''],
])('%s is shown as %s', (url, shown) => expect(shownUrl(url)).toBe(shown));
