import { createClient } from '@redis/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { carrierOf, rungOf, type Rung } from '../helpers/carriers.ts';
import { testBot, type TestBot } from '../helpers/bot.ts';
import { connect } from '../helpers/client.ts';
import type { TestGateway } from '../helpers/gateway.ts';
import { testRedis, type TestRedis } from '../helpers/redis.ts';
import { asHookswitch, leastRights, replica } from './scene.ts';

let redis: TestRedis;
let bot: TestBot;
let gateways: [TestGateway, TestGateway];
const call = {
  id: `CA${'c'.repeat(32)}`,
  from: '+15550100',
  to: '+15550101',
  direction: 'inbound',
} as const;
const account = {
  TWILIO_ACCOUNT_SID: `AC${'1'.repeat(32)}`,
  TWILIO_AUTH_TOKEN: 'a-token-of-a-test-account-0001',
};

beforeAll(async () => {
  redis = await testRedis({ args: leastRights });
  bot = await testBot();
  const options = {
    agents: { support: bot.url },
    toml: 'public_url = "https://voice.example.com"',
    env: account,
  };
  gateways = [await replica(asHookswitch(redis), options), await replica(asHookswitch(redis), options)];
});
afterAll(async () => {
  for (const gateway of gateways) await gateway.close();
  await bot.close();
  await redis.close();
});

/** Signed for the public URL, and sent to one of the replicas behind it. */
async function webhook(gateway: TestGateway): Promise<Rung> {
  const carrier = carrierOf('twilio', account);
  const url = 'https://voice.example.com/webhooks/twilio';
  const { headers, body } = carrier.ring(call, { url, method: 'POST' }, Date.now());
  const answer = await fetch(`${gateway.http}/webhooks/twilio`, { method: 'POST', headers, body });
  return rungOf(carrier, answer.status, await answer.text());
}

describe('the user of the documentation', () => {
  test.each([
    ['KEYS', '*'],
    ['SCAN', '0'],
    ['EVAL', 'return 1', '0'],
    ['FLUSHALL'],
    ['CONFIG', 'GET', 'requirepass'],
    ['GET', 'other:key'],
    ['SET', 'other:key', '1'],
    ['PUBLISH', 'other', '1'],
    ['ACL', 'WHOAMI'],
    ['CLIENT', 'LIST'],
    ['SHUTDOWN'],
    ['EXPIRE', 'hs:alive:x', '1'],
  ])('may not %s %s', async (...command) => {
    const client = createClient({
      url: asHookswitch(redis),
      disableClientInfo: true,
      maintNotifications: 'disabled',
    });
    client.on('error', () => {});
    await client.connect();
    await expect(client.sendCommand(command)).rejects.toThrow(/NOPERM/);
    client.destroy();
  });
});

test('a webhook sent to both replicas at once gets the same document, and starts one session', async () => {
  const rung = await Promise.all(
    Array.from({ length: 20 }, (_, index) => webhook(gateways[index % 2 === 0 ? 0 : 1])),
  );
  expect(new Set(rung.map(({ document }) => document)).size).toBe(1);
  expect(rung[0]?.streamUrl).toMatch(/^wss:\/\/voice\.example\.com\/ws\/twilio\/support\.local\/./);
  expect(await gateways[1].store.count('local', 'support')).toEqual({ live: 0, reserved: 1 });
});

test('what Redis holds gives nobody a token', async () => {
  const { streamUrl } = await webhook(gateways[0]);
  const token = streamUrl.split('/').at(-1) ?? '';
  const { token: another } = await gateways[0].start('support', { body: { a: 1 } });
  const dump = await everything(redis);
  expect(dump).toContain('hs:answer:');
  expect(dump).toContain('hs:ticket:');
  for (const secret of [token, another]) {
    expect(secret.length).toBeGreaterThan(100);
    expect(dump).not.toContain(secret);
    expect(dump).not.toContain(secret.split('.')[1] ?? secret);
  }
});

test('a session that one replica started is opened at the other, which knows its body', async () => {
  const { sessionId, token } = await gateways[0].start('support', { body: { naïve: '\u0000 " body' } });
  const caller = await connect(`${gateways[1].ws}/ws/generic/support.local/${token}`);
  const dial = bot.dials.at(-1);
  expect(dial?.headers['x-daily-session-id']).toBe(sessionId);
  const credential = String(dial?.headers['x-session-credential']);
  const answer = await fetch(`${gateways[0].http}/v1/sessions/${sessionId}/body`, {
    headers: { authorization: `Bearer ${credential}` },
  });
  expect(await answer.json()).toEqual({ naïve: '\u0000 " body' });
  caller.socket.close(1000);
  await caller.closed;
});

/** All keys and values, as whoever steals the disk would see them. */
async function everything({ admin }: TestRedis): Promise<string> {
  const parts: string[] = [];
  for (const key of await admin.keys('*')) {
    const type = await admin.type(key);
    const value =
      type === 'string'
        ? await admin.get(key)
        : type === 'zset'
          ? await admin.zRange(key, 0, -1)
          : type === 'hash'
            ? await admin.hGetAll(key)
            : await admin.sMembers(key);
    parts.push(key, JSON.stringify(value));
  }
  return parts.join('\n');
}
