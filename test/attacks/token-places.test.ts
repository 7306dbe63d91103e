import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { tokenSigner } from '../../gateway/token.ts';
import { testBot, type TestBot } from '../helpers/bot.ts';
import { testGateway, type TestGateway } from '../helpers/gateway.ts';
import { expectNormalCall } from './alive.ts';
import { ask, upgradeText } from './raw.ts';

let bot: TestBot;
let gateway: TestGateway;

beforeAll(async () => {
  bot = await testBot();
  gateway = await testGateway({ agents: { support: bot.url } });
});
afterEach(() => expectNormalCall(gateway, 'support'));
afterAll(async () => {
  await gateway.close();
  await bot.close();
});

/** What stands in each place; null is nothing. */
interface Places {
  readonly header: string | null;
  readonly query: string | null;
  readonly path: string | null;
}

async function statusWith({ header, query, path }: Places): Promise<number> {
  const target = `/ws/generic/support.local${path === null ? '' : `/${path}`}${query === null ? '' : `?${query}`}`;
  return (await ask(gateway.port, upgradeText(target, header === null ? [] : [`Authorization: ${header}`])))
    .status;
}

const nowhere: Places = { header: null, query: null, path: null };
const BAD = `${'A'.repeat(160)}.${'A'.repeat(43)}`;

type Row = [name: string, places: (token: string) => Partial<Places>, status: number];

describe('of several places the first one with a token decides', () => {
  test.each<Row>([
    [
      'a good header before a bad query and path',
      (t) => ({ header: `Bearer ${t}`, query: `token=${BAD}`, path: BAD }),
      101,
    ],
    [
      'a bad header before a good query and path',
      (t) => ({ header: `Bearer ${BAD}`, query: `token=${t}`, path: t }),
      403,
    ],
    ['a good query before a bad path', (t) => ({ query: `token=${t}`, path: BAD }), 101],
    ['a bad query before a good path', (t) => ({ query: `token=${BAD}`, path: t }), 403],
    ['an empty query before a good path', (t) => ({ query: 'token=', path: t }), 403],
    ['a query of the name alone before a good path', (t) => ({ query: 'token', path: t }), 403],
    [
      'a query with its name percent-encoded before a good path',
      (t) => ({ query: 't%6fken=x', path: t }),
      403,
    ],
    ['a bearer of nothing before a good path', (t) => ({ header: 'Bearer', path: t }), 403],
    ['a bearer of a blank before a good path', (t) => ({ header: 'Bearer ', path: t }), 403],
    ['the same token in all three', (t) => ({ header: `Bearer ${t}`, query: `token=${t}`, path: t }), 101],
  ])('%s', async (_, places, status) => {
    const { token } = await gateway.start('support');
    expect(await statusWith({ ...nowhere, ...places(token) })).toBe(status);
    expect(await statusWith({ ...nowhere, path: token })).toBe(status === 101 ? 403 : 101);
  });

  test('two good ones: the first is used up, the other is not', async () => {
    const [first, second] = await Promise.all([gateway.start('support'), gateway.start('support')]);
    expect(await statusWith({ ...nowhere, header: `Bearer ${first.token}`, path: second.token })).toBe(101);
    expect(await statusWith({ ...nowhere, path: first.token })).toBe(403);
    expect(await statusWith({ ...nowhere, path: second.token })).toBe(101);
  });
});

describe('the spelling of a place', () => {
  test.each<Row>([
    ['bearer in lower case', (t) => ({ header: `bearer ${t}` }), 101],
    ['BEARER in upper case', (t) => ({ header: `BEARER ${t}` }), 101],
    ['two spaces after Bearer', (t) => ({ header: `Bearer  ${t}` }), 403],
    ['a tab after Bearer', (t) => ({ header: `Bearer\t${t}` }), 403],
    ['no scheme', (t) => ({ header: t }), 403],
    ['another scheme', (t) => ({ header: `Token ${t}` }), 403],
    ['Basic beside a good path', (t) => ({ header: 'Basic dTpw', path: t }), 101],
    ['Basic beside a good query', (t) => ({ header: 'Basic dTpw', query: `token=${t}` }), 101],
    [
      'Basic with the token in it',
      (t) => ({ header: `Basic ${Buffer.from(`x:${t}`).toString('base64')}` }),
      403,
    ],
    ['?token= twice, the same', (t) => ({ query: `token=${t}&token=${t}` }), 403],
    ['?token= twice, a good and a bad one', (t) => ({ query: `token=${t}&token=${BAD}` }), 403],
    ['?token= twice, a bad and a good one', (t) => ({ query: `token=${BAD}&token=${t}` }), 403],
    ['?Token=', (t) => ({ query: `Token=${t}` }), 403],
    ['?token[]=', (t) => ({ query: `token[]=${t}` }), 403],
    ['?token= after other parameters', (t) => ({ query: `a=b&token=${t}&c` }), 101],
    ['?token= behind a semicolon', (t) => ({ query: `a=b;token=${t}` }), 403],
    ['a token with ; behind it in the path', (t) => ({ path: `${t};x=1` }), 403],
    ['a fragment behind the path', (t) => ({ path: `${t}#x` }), 403],
  ])('%s', async (_, places, status) => {
    const { token } = await gateway.start('support');
    expect(await statusWith({ ...nowhere, ...places(token) })).toBe(status);
    expect(await statusWith({ ...nowhere, path: token })).toBe(status === 101 ? 403 : 101);
  });

  test.each([
    ['the same one twice', (t: string) => [`Authorization: Bearer ${t}`, `Authorization: Bearer ${t}`]],
    ['Basic first', (t: string) => ['Authorization: Basic dTpw', `Authorization: Bearer ${t}`]],
    ['Basic last', (t: string) => [`Authorization: Bearer ${t}`, 'Authorization: Basic dTpw']],
  ])('two Authorization headers, %s, are refused and use nothing up', async (_, lines) => {
    const { token } = await gateway.start('support');
    const target = '/ws/generic/support.local';
    expect(await ask(gateway.port, upgradeText(target, lines(token)))).toMatchObject({ status: 403 });
    expect(await statusWith({ ...nowhere, path: token })).toBe(101);
  });
});

describe('secrets that are being replaced', () => {
  const [k1, k2, k3] = ['k1', 'k2', 'k3'].map((kid, index) => ({ kid, key: Buffer.alloc(32, index + 1) }));
  const now = (): number => 1_800_000_000_000;

  test('the first signs, all verify, and a removed one does not', () => {
    if (!k1 || !k2 || !k3) throw new Error('three secrets');
    const before = tokenSigner([k1], now).issue('support.acme');
    const after = tokenSigner([k2, k1], now).issue('support.acme');
    const payload = JSON.parse(
      Buffer.from(after.token.split('.')[0] ?? '', 'base64url').toString(),
    ) as unknown;
    expect(payload).toMatchObject({ kid: 'k2', sh: 'support.acme' });
    expect(tokenSigner([k2, k1], now).read(before.token)).toEqual({
      serviceHost: 'support.acme',
      expiresAt: before.expiresAt,
      key: before.key,
    });
    expect(tokenSigner([k1, k2], now).read(after.token)).not.toBeNull();
    expect(tokenSigner([k2], now).read(before.token)).toBeNull();
    expect(tokenSigner([k3], now).read(after.token)).toBeNull();
  });

  test('the same secret under another id is another secret', () => {
    if (!k1) throw new Error('a secret');
    const { token } = tokenSigner([k1], now).issue('support.acme');
    expect(tokenSigner([{ ...k1, kid: 'k2' }], now).read(token)).toBeNull();
  });

  test('two tokens of the same moment have nothing but their frame in common', () => {
    if (!k1) throw new Error('a secret');
    const signer = tokenSigner([k1], now);
    const keys = Array.from({ length: 1000 }, () => signer.issue('support.acme').key);
    expect(new Set(keys).size).toBe(1000);
  });
});
