import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { freePort, testBot, type TestBot } from '../helpers/bot.ts';
import { connect } from '../helpers/client.ts';
import { testGateway, type TestGateway } from '../helpers/gateway.ts';
import { expectNormalCall } from './alive.ts';
import { ask, upgradeText } from './raw.ts';

let bot: TestBot;
let other: TestBot;
let gateway: TestGateway;
let time = 1_800_000_000_000;

beforeAll(async () => {
  [bot, other] = await Promise.all([testBot(), testBot()]);
  gateway = await testGateway({
    agents: {
      support: bot.url,
      sales: other.url,
      down: `ws://127.0.0.1:${await freePort()}/ws`,
      full: `websocket_auth = "token"\nbots = ["${bot.url}"]\nscaling = { max_agents = 1 }`,
    },
    now: () => time,
  });
});
afterEach(() => expectNormalCall(gateway, 'support'));
afterAll(async () => {
  await gateway.close();
  await Promise.all([bot.close(), other.close()]);
});

async function statusOf(agent: string, token: string, port = gateway.port): Promise<number> {
  return (await ask(port, upgradeText(`/ws/generic/${agent}.local/${token}`))).status;
}

async function tokenFor(agent: string): Promise<string> {
  return (await gateway.start(agent)).token;
}

/** Sockets that are open at once keep their places until they have closed. */
async function statusesOf(agent: string, tokens: readonly string[]): Promise<number[]> {
  return Promise.all(tokens.map((token) => statusOf(agent, token)));
}

function countsOf(statuses: readonly number[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const status of statuses) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

describe('a race', () => {
  test('of 1,000 upgrades for one token has one winner, and the bot sees one socket', async () => {
    const token = await tokenFor('support');
    const before = bot.dials.length;
    const statuses = await statusesOf('support', Array<string>(1000).fill(token));
    expect(countsOf(statuses)).toEqual({ 101: 1, 403: 999 });
    expect(bot.dials.length - before).toBe(1);
  });

  test('of eight upgrades for each of 200 tokens has one winner each', async () => {
    const tokens = await Promise.all(Array.from({ length: 200 }, () => tokenFor('support')));
    const before = bot.dials.length;
    const statuses = await statusesOf(
      'support',
      Array.from({ length: 1600 }, (_, index) => tokens[index % 200] ?? ''),
    );
    const wins = tokens.map(
      (_, index) => statuses.filter((status, at) => at % 200 === index && status === 101).length,
    );
    expect(wins).toEqual(tokens.map(() => 1));
    expect(countsOf(statuses)).toEqual({ 101: 200, 403: 1400 });
    expect(bot.dials.length - before).toBe(200);
  });

  test('between failing dials never lets a token be used twice', async () => {
    const port = await freePort();
    const late = await testGateway({ agents: { support: `ws://127.0.0.1:${port}/ws` } });
    const { token } = await late.start('support');
    const racers = (): Promise<number[]> =>
      Promise.all(Array.from({ length: 50 }, () => statusOf('support', token, late.port)));
    for (const status of await racers()) expect([403, 503]).toContain(status);
    const up = await testBot({ port });
    expect((await racers()).filter((status) => status === 101)).toHaveLength(1);
    expect(up.dials).toHaveLength(1);
    await late.close();
    await up.close();
  });
});

describe('a used token', () => {
  test('is refused while its call lasts, and after it', async () => {
    const { wsUrl, token } = await gateway.start('support');
    const caller = await connect(`${wsUrl}/${token}`);
    expect(await statusOf('support', token)).toBe(403);
    caller.socket.close(1000);
    await caller.closed;
    expect(await statusOf('support', token)).toBe(403);
  });

  test('is refused by a gateway that has lost its memory', async () => {
    const key = `k1:${Buffer.from(Array.from({ length: 32 }, (_, index) => index * 7)).toString('base64url')}`;
    const options = { agents: { support: bot.url }, env: { HOOKSWITCH_SECRETS: key } };
    const first = await testGateway(options);
    const { token } = await first.start('support');
    await first.close();
    const second = await testGateway(options);
    expect(await statusOf('support', token, second.port)).toBe(403);
    await second.close();
  });
});

describe('a token that found no bot', () => {
  test('is good again, for as long as it would have been', async () => {
    const token = await tokenFor('down');
    expect(await statusOf('down', token)).toBe(503);
    time += 299_999;
    expect(await statusOf('down', token)).toBe(503);
    time += 1;
    expect(await statusOf('down', token)).toBe(403);
  });
});

describe('a token of another agent', () => {
  test('is refused, and stays good for its own', async () => {
    const token = await tokenFor('support');
    const before = other.dials.length;
    expect(await statusOf('sales', token)).toBe(403);
    expect(other.dials.length).toBe(before);
    expect(await statusOf('support', token)).toBe(101);
  });

  test.each(['support.other', 'supports.local', 'support.loca', 'suppor.tlocal'])(
    'is refused at %s',
    async (serviceHost) => {
      const token = await tokenFor('support');
      const answer = await ask(gateway.port, upgradeText(`/ws/generic/${serviceHost}/${token}`));
      expect(answer.status).toBe(404);
      expect(await statusOf('support', token)).toBe(101);
    },
  );

  test.each(['Support.local', 'support.local.', '.support.local', 'support..local', 'support.LOCAL'])(
    'is refused at the misspelled %s',
    async (serviceHost) => {
      const token = await tokenFor('support');
      const answer = await ask(gateway.port, upgradeText(`/ws/generic/${serviceHost}/${token}`));
      expect(answer.status).toBe(400);
      expect(await statusOf('support', token)).toBe(101);
    },
  );
});

describe('five minutes', () => {
  test.each([
    [299_999, 101],
    [300_000, 403],
    [300_001, 403],
    [86_400_000, 403],
  ])('after %i ms a token is answered with %i', async (elapsed, status) => {
    const token = await tokenFor('support');
    time += elapsed;
    expect(await statusOf('support', token)).toBe(status);
  });

  test('are not made longer by a clock that is set back', async () => {
    const token = await tokenFor('support');
    time -= 3000;
    expect(await statusOf('support', token)).toBe(403);
    time += 1000;
    expect(await statusOf('support', token)).toBe(101);
    time += 2000;
  });

  test('are not made longer for the places of an agent by a clock that is set back an hour', async () => {
    await tokenFor('full');
    time -= 3_600_000;
    const token = await tokenFor('full');
    expect((await gateway.post('full', '{}')).status).toBe(429);
    time += 300_000;
    expect(await tokenFor('full')).not.toBe(token);
    time += 3_300_000;
  });

  test('free the place of a caller who never came', async () => {
    time += 300_000;
    const token = await tokenFor('full');
    expect((await gateway.post('full', '{}')).status).toBe(429);
    time += 299_999;
    expect((await gateway.post('full', '{}')).status).toBe(429);
    time += 1;
    expect(await tokenFor('full')).not.toBe(token);
  });
});
