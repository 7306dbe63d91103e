import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { hashKey } from '../../gateway/keys.ts';
import { testBot, type TestBot } from '../helpers/bot.ts';
import { connect } from '../helpers/client.ts';
import { testGateway, type TestGateway } from '../helpers/gateway.ts';
import { secret } from '../helpers/leaks.ts';
import { expectNormalCall } from './alive.ts';
import { rawStart, type RawStart } from './start.ts';

const otherKey = 'pk_of-the-other-organization-0000000000';

let bot: TestBot;
let gateway: TestGateway;

beforeAll(async () => {
  secret(otherKey);
  bot = await testBot();
  const table = `websocket_auth = "token"\nbots = ["${bot.url}"]`;
  gateway = await testGateway({
    agents: {
      support: bot.url,
      open: `websocket_auth = "none"\nbots = ["${bot.url}"]`,
      last: [
        table,
        '[[organizations]]\nname = "other"',
        `public_keys = ["sha256:${hashKey(otherKey)}"]`,
        `[[organizations.agents]]\nagent_name = "theirs"\n${table}`,
        `[[organizations.agents]]\nagent_name = "support"\n${table}`,
      ].join('\n'),
    },
  });
});
afterEach(() => expectNormalCall(gateway, 'support'));
afterAll(async () => {
  await gateway.close();
  await bot.close();
});

type Ask = Omit<Partial<RawStart>, 'port'>;

async function start(options: Ask): ReturnType<typeof rawStart> {
  return rawStart({ port: gateway.port, key: gateway.publicKey, ...options });
}

describe('without a right key', () => {
  const bare = { without: ['authorization'] };
  test.each<[name: string, options: () => Ask]>([
    ['no key', () => bare],
    ['a wrong key', () => ({ key: 'pk_wrong' })],
    ['the right key with another last character', () => ({ key: `${gateway.publicKey.slice(0, -1)}!` })],
    ['the right key and one more character', () => ({ key: `${gateway.publicKey}A` })],
    ['the right key in another case', () => ({ key: gateway.publicKey.toUpperCase() })],
    ['an empty key', () => ({ key: '' })],
    ['a hash of the key', () => ({ key: hashKey(gateway.publicKey) })],
    ['a hash of the key with its prefix', () => ({ key: `sha256:${hashKey(gateway.publicKey)}` })],
    [
      'Basic',
      () => ({
        ...bare,
        lines: [`Authorization: Basic ${Buffer.from(`x:${gateway.publicKey}`).toString('base64')}`],
      }),
    ],
    ['the key without Bearer', () => ({ ...bare, lines: [`Authorization: ${gateway.publicKey}`] })],
    ['the key behind two spaces', () => ({ key: ` ${gateway.publicKey}` })],
    ['the key and a word', () => ({ key: `${gateway.publicKey} x` })],
    ['the key twice in a header', () => ({ key: `${gateway.publicKey}, Bearer ${gateway.publicKey}` })],
    ['two headers, both right', () => ({ lines: [`Authorization: Bearer ${gateway.publicKey}`] })],
    [
      'two headers, the second right',
      () => ({ key: 'pk_wrong', lines: [`Authorization: Bearer ${gateway.publicKey}`] }),
    ],
    [
      'the key in the query',
      () => ({ ...bare, target: `/v1/public/support/start?key=${gateway.publicKey}` }),
    ],
    [
      'the key as ?authorization=',
      () => ({ ...bare, target: `/v1/public/support/start?authorization=Bearer%20${gateway.publicKey}` }),
    ],
    ['the key as X-API-Key', () => ({ ...bare, lines: [`X-API-Key: ${gateway.publicKey}`] })],
    ['the key in the body', () => ({ ...bare, body: JSON.stringify({ key: gateway.publicKey }) })],
    ['a key of 100 KB in a body', () => ({ ...bare, body: JSON.stringify({ key: 'x'.repeat(100_000) }) })],
    ['a key of 8 KB', () => ({ key: 'x'.repeat(8192) })],
  ])(
    '%s: the same 401 for agents that exist and for those that do not, byte for byte',
    async (_, options) => {
      const reference = await start(bare);
      const asked = options();
      expect(reference.status).toBe(401);
      expect(JSON.parse(reference.body)).toMatchObject({ code: 'PCC-1002', error: expect.any(String) });
      for (const agent of ['support', 'stranger', 'theirs', '__proto__', '%2e%2e']) {
        const target = (asked.target ?? '/v1/public/support/start').replace('support', agent);
        expect((await start({ ...asked, target })).text).toBe(reference.text);
      }
      expect((await start({ ...asked, target: '/start' })).text).toBe(reference.text);
    },
  );

  test('nothing about the request is looked at: what is wrong with it stays unsaid', async () => {
    const reference = await start(bare);
    for (const body of ['not JSON', '{"transport":"daily"}', '{"agent":"stranger"}']) {
      expect((await start({ ...bare, body })).text).toBe(reference.text);
    }
    const plain = { without: ['authorization', 'content-type'], lines: ['Content-Type: text/plain'] };
    expect((await start(plain)).text).toBe(reference.text);
  });
});

describe('the key of another organization', () => {
  test('gets the same 404 for an agent of ours and for one that nobody has', async () => {
    const unknown = await start({ key: otherKey, target: '/v1/public/stranger/start' });
    const ours = await start({ key: otherKey, target: '/v1/public/last/start' });
    expect(unknown.status).toBe(404);
    expect(JSON.parse(unknown.body)).toMatchObject({ code: '404' });
    expect(ours.text).toBe(unknown.text);
    expect((await start({ target: '/v1/public/theirs/start' })).text).toBe(unknown.text);
  });

  test('reaches its own agent where both have one of the same name', async () => {
    const theirs = await start({ key: otherKey });
    expect(JSON.parse(theirs.body)).toMatchObject({
      wsUrl: expect.stringMatching(/\/ws\/generic\/support\.other$/),
    });
    expect(JSON.parse((await start({})).body)).toMatchObject({
      wsUrl: expect.stringMatching(/\/support\.local$/),
    });
  });

  test('its token opens no agent of ours', async () => {
    const { token } = JSON.parse((await start({ key: otherKey })).body) as { token: string };
    secret(token);
    await expect(connect(`${gateway.ws}/ws/generic/support.local/${token}`)).rejects.toThrow('403');
    const caller = await connect(`${gateway.ws}/ws/generic/support.other/${token}`);
    caller.socket.terminate();
  });
});

describe('the body of a session', () => {
  test('is for its own credential, while its call lasts', async () => {
    const [first, second] = await Promise.all([1, 2].map((n) => gateway.start('support', { body: { n } })));
    if (!first || !second) throw new Error('two sessions');
    const before = bot.dials.length;
    const callers = [
      await connect(`${first.wsUrl}/${first.token}`),
      await connect(`${second.wsUrl}/${second.token}`),
    ];
    const [mine = '', foreign = ''] = bot.dials
      .slice(before)
      .map(({ headers }) => String(headers['x-session-credential']));
    secret(mine, foreign);
    const url = `${gateway.http}/v1/sessions/${first.sessionId}/body`;
    const ask = async (authorization: string, at = url): Promise<Response> =>
      fetch(at, { headers: { authorization } });
    expect(await (await ask(`Bearer ${mine}`)).json()).toEqual({ n: 1 });

    const refusals = await Promise.all([
      ask(`Bearer ${foreign}`),
      ask('Bearer wrong'),
      ask(''),
      ask(`Basic ${mine}`),
      ask(`Bearer  ${mine}`),
      ask(`Bearer ${mine}=`),
      ask(`Bearer ${mine.slice(0, -1)}`),
      ask(`Bearer ${first.token}`),
      ask(`Bearer ${gateway.publicKey}`),
      ask(`Bearer ${mine}`, url.replace(first.sessionId, randomUUID())),
      ask(`Bearer ${mine}`, url.replace(first.sessionId, first.sessionId.toUpperCase())),
      fetch(`${url}?authorization=Bearer%20${mine}`),
    ]);
    expect(refusals.map(({ status }) => status)).toEqual(refusals.map(() => 401));
    expect(new Set(await Promise.all(refusals.map((answer) => answer.text()))).size).toBe(1);

    for (const { socket } of callers) socket.close(1000);
    await Promise.all(callers.map(({ closed }) => closed));
    await expect.poll(async () => (await ask(`Bearer ${mine}`)).status).toBe(404);
    expect((await ask(`Bearer ${foreign}`)).status).toBe(401);
  });
});
