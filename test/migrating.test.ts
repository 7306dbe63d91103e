import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { allProviders } from '../gateway/carriers.ts';
import { readConfig } from '../gateway/config/config.ts';
import { invent } from '../gateway/config/invented.ts';
import { readDeployConfig } from '../gateway/config/pcc-deploy.ts';
import { testBot, type TestBot } from './helpers/bot.ts';
import { connect, knock } from './helpers/client.ts';
import { testGateway, type TestGateway } from './helpers/gateway.ts';
import { secret } from './helpers/leaks.ts';

const docs = join(import.meta.dirname, '../docs');
const page = readFileSync(join(docs, 'migrating-from-pipecat-cloud.md'), 'utf8');

interface Claim {
  readonly id: string;
  readonly claim: string;
  readonly cloud: string;
  readonly held: string;
}

/** Every row of every table, but the heads and the lines under them. */
function claimsIn(markdown: string): Claim[] {
  return markdown
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^\|[\s|:-]+\|$/.test(line) && !line.startsWith('| id '))
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .map(([, id = '', claim = '', cloud = '', held = '']) => ({ id, claim, cloud, held }));
}

const claims = claimsIn(page);

/** What is wrong with the tests that a cell of the last column names; they are named relative to docs/. */
function missingTests(held: string): string[] {
  return held.split('<br>').filter((reference) => {
    const [, path = '', title = ''] =
      /^\[[\w-]+\]\((\.\.\/test\/[\w/.-]+\.ts)\): (.+)$/.exec(reference) ?? [];
    const file = join(docs, path);
    return title === '' || !existsSync(file) || !titlesIn(readFileSync(file, 'utf8')).includes(title);
  });
}

/** Titles of the tests of a file, as they are written there. */
function titlesIn(source: string): string[] {
  const titles = /(?:\b(?:test|it)(?:\.\w+)?|[\])>])\(\s*(['"`])((?:(?!\1).)+)\1,\s*(?:\{|async|\()/g;
  return [...source.matchAll(titles)].map(([, , title = '']) => title);
}

describe('docs/migrating-from-pipecat-cloud.md', () => {
  test.each(['In five minutes', 'What is the same', 'What differs', 'What is more'])(
    'has claims of: %s',
    (name) => {
      const section = page.split(/^## /m).find((text) => text.startsWith(name)) ?? '';
      expect(claimsIn(section).length).toBeGreaterThan(5);
    },
  );

  test('gives each claim a name of its own', () => {
    const ids = claims.map(({ id }) => id);
    expect(ids.filter((id) => !/^[PSDM]\d+$/.test(id))).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test.each(claims)('$id is held by tests that there are', ({ held }) => {
    expect(missingTests(held)).toEqual([]);
  });

  test.each(claims.filter(({ id }) => /^[SD]/.test(id)))('$id says where it is from', ({ cloud }) => {
    const [, name] = /\]\[(\w+)\]/.exec(cloud) ?? [];
    const isSourced = page.includes(`\n[${name}]: https://`);
    expect(isSourced || cloud.includes('not verified')).toBe(true);
  });

  test.each([
    '',
    'somebody tried it',
    '[migrating](../test/migrating.test.ts)',
    '[migrating](../test/migrating.test.ts): a title that nobody gave to a test',
    '[nothing](../test/nothing.test.ts): gives each claim a name of its own',
    '[page](../docs/protocol.md): Words',
  ])('%j would hold nothing', (held) => {
    expect(missingTests(held)).toEqual([held]);
  });

  test('names every key of pcc-deploy.toml that has no meaning here', () => {
    const keys =
      readFileSync(join(docs, '../gateway/config/pcc-deploy.ts'), 'utf8').match(/^ {2}'?[\w.]+'?: \[/gm) ??
      [];
    expect(keys.length).toBeGreaterThan(10);
    for (const key of keys)
      expect(claims.find(({ id }) => id === 'P3')?.claim).toContain(`\`${key.replace(/[ ':[]/g, '')}\``);
  });
});

describe('whoever comes from Pipecat Cloud', () => {
  let bot: TestBot;
  let gateway: TestGateway;
  beforeAll(async () => {
    bot = await testBot();
    gateway = await testGateway({ agents: { support: bot.url } });
  });
  afterAll(async () => {
    await gateway.close();
    await bot.close();
  });

  test('the Python of the documentation starts a session, and its bot gets the body', async () => {
    const answer = await gateway.post('support', '{"transport":"websocket","body":{"caller_id":"abc123"}}');
    const started = (await answer.json()) as Record<
      'sessionId' | 'wsUrl' | 'token' | 'body',
      string | undefined
    >;
    secret(started.token ?? '');
    expect(Object.keys(started).toSorted()).toEqual(['sessionId', 'token', 'wsUrl']);
    expect(bot.dials).toEqual([]);
    const url = started.body ? `${started.wsUrl}?body=${started.body}` : (started.wsUrl ?? '');
    const caller = await connect(url, { headers: { authorization: `Bearer ${started.token}` } });
    const { url: dialled = '', headers = {} } = bot.dials[0] ?? {};
    const body = new URL(dialled, 'ws://bot').searchParams.get('body') ?? '';
    expect(Buffer.from(body, 'base64').toString()).toBe('{"caller_id":"abc123"}');
    expect(headers['x-daily-session-id']).toBe(started.sessionId);
    caller.socket.close(1000);
    await caller.closed;
  });

  test('?body= on the socket of a token agent is refused, and the token stays good', async () => {
    const { wsUrl, token } = await gateway.start('support');
    const refused = await knock(`${wsUrl}/${token}?body=${btoa('{"a":1}')}`);
    expect([refused.status, refused.body]).toEqual([400, expect.stringContaining('give the body to /start')]);
    expect((await knock(`${wsUrl}/${token}`)).status).toBe(101);
  });

  test('one bot has several calls at once', async () => {
    const started = await Promise.all([gateway.start('support'), gateway.start('support')]);
    const callers = await Promise.all(started.map(({ wsUrl, token }) => connect(`${wsUrl}/${token}`)));
    for (const { socket } of callers) socket.close(1000);
    const closed = await Promise.all(callers.map((caller) => caller.closed));
    expect(closed.map(({ code }) => code)).toEqual([1000, 1000]);
  });

  test('Exotel opens nothing without its secret', async () => {
    expect((await knock(`${gateway.ws}/ws/exotel/support.local`)).status).toBe(403);
    expect((await knock(`${gateway.ws}/ws/exotel/support.local/${'s'.repeat(32)}`)).status).toBe(403);
  });

  test('an agent of hookswitch.toml without limits has none', () => {
    const agentOf = (deploy: string | null): unknown =>
      readConfig({
        toml: deploy === null ? '[[agents]]\nagent_name = "a"\nbots = ["demo:"]' : null,
        deploy: deploy === null ? undefined : readDeployConfig(deploy, ['demo:']),
        env: {},
        modules: allProviders,
        invent: () => invent(allProviders),
      }).organizations[0]?.agents[0];
    expect(agentOf(null)).toMatchObject({ maxSessions: null, maxDuration: null });
    expect(agentOf('agent_name = "a"')).toMatchObject({ maxSessions: 50, maxDuration: 7_200_000 });
  });
});
