import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testBot, type TestBot } from '../helpers/bot.ts';
import { connect, type Client } from '../helpers/client.ts';
import { testGateway, type Started, type TestGateway } from '../helpers/gateway.ts';
import { commandPath, runPython, type Ran } from './python.ts';

const body = { mood: 'cheerful', words: 'Grüße, 世界' };
let bot: TestBot;
let gateway: TestGateway;

beforeAll(async () => {
  bot = await testBot();
  gateway = await testGateway({ agents: { support: bot.url } });
});
afterAll(async () => {
  await gateway?.close();
  await bot?.close();
});

/** As somebody would type it, with no more than docs/session-api.md says. */
async function cloud(...args: string[]): Promise<Ran> {
  return runPython([commandPath('pipecat'), 'cloud', ...args], {
    PIPECAT_API_HOST: gateway.http,
    PIPECAT_TOKEN: gateway.privateKey,
    PIPECAT_DEFAULT_PUBLIC_KEY: gateway.publicKey,
    COLUMNS: '200',
  });
}

async function printed(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await cloud('--output', 'plain', ...args);
  expect([code, stderr]).toEqual([0, expect.any(String)]);
  return stdout;
}

async function json(...args: string[]): Promise<unknown> {
  const { code, stdout } = await cloud('--output', 'json', ...args);
  expect([code, stdout]).toEqual([0, expect.any(String)]);
  return JSON.parse(stdout);
}

async function sdk(agent: string, key: string): Promise<unknown> {
  const args = ['sdk.py', agent, key, JSON.stringify(body)];
  const { stdout } = await runPython(args, { PIPECAT_API_HOST: gateway.http });
  return JSON.parse(stdout);
}

/** A caller in the session that was started; and what the bot was given. */
async function call({ wsUrl, token }: Started): Promise<{ caller: Client; given: unknown }> {
  const caller = await connect(`${wsUrl}/${token}`);
  const query = new URL(bot.dials.at(-1)?.url ?? '', bot.url).searchParams.get('body') ?? '';
  return { caller, given: JSON.parse(Buffer.from(query, 'base64').toString()) };
}

describe('the SDK of pipecatcloud', () => {
  test('starts a session, whose bot gets its data', async () => {
    const { caller, given } = await call((await sdk('support', gateway.publicKey)) as Started);
    expect(given).toEqual(body);
    caller.socket.close(1000);
    await caller.closed;
  });

  test.each([
    ['an unknown agent', 'nobody', () => gateway.publicKey, '404 - no agent of that name'],
    ['a wrong key', 'support', () => 'pk_wrong', 'PCC-1002 - send a public key'],
  ])('raises AgentStartError for %s, with our sentence', async (_, agent, key, sentence) => {
    expect(await sdk(agent, key())).toEqual({ refused: expect.stringContaining(sentence) });
  });
});

describe('the command line of pipecatcloud', () => {
  test('starts an agent', async () => {
    const flags = ['--force', '--data', JSON.stringify(body)];
    const started = (await json('agent', 'start', 'support', ...flags)) as Started;
    const { caller, given } = await call(started);
    expect(given).toEqual(body);
    caller.socket.close(1000);
    await caller.closed;
  });

  test('lists agents, and their status', async () => {
    expect(await printed('agent', 'list')).toMatch(/\bsupport\b/);
    expect(await printed('agent', 'status', 'support')).toMatch(/^Ready: True$/m);
  });

  test('lists sessions, shows one, and stops it', async () => {
    const started = await gateway.start('support');
    const { sessionId } = started;
    const caller = await connect(`${started.wsUrl}/${started.token}`);
    expect(await printed('agent', 'sessions', 'support', '--end-state', 'active')).toContain(sessionId);
    expect(await json('agent', 'sessions', 'support', '--id', sessionId)).toMatchObject({ endedAt: null });
    await printed('agent', 'stop', 'support', '--session-id', sessionId, '--force');
    expect(await caller.closed).toEqual({ code: 1000, reason: 'stopped by operator' });
    const stopped = await printed('agent', 'sessions', 'support', '--end-state', 'terminated');
    expect(stopped).toMatch(new RegExp(`${sessionId}.*Terminated`));
    expect(await printed('agent', 'sessions', 'support', '--end-state', 'active')).not.toContain(sessionId);
  });

  test.each([
    ['agent logs support', 'the log of a bot is where it runs'],
    ['agent deployments support', 'Unable to get deployments for support: 501'], // the client’s own words
    ['agent delete support --force', 'agents are not deployed'],
    ['secrets list', 'no secrets are kept for bots'],
    ['regions list', 'there are no regions'],
    ['build list', 'nothing is built here'],
    ['organizations keys list', 'HOOKSWITCH_PUBLIC_KEYS'],
    ['deploy support image:1 --force', 'agents are not deployed'],
  ])('%s says that a gateway has none of it', async (line, sentence) => {
    const { stdout, stderr } = await cloud('--output', 'plain', ...line.split(' '));
    expect((stdout + stderr).replace(/\s+/g, ' ')).toContain(sentence);
  });
});
