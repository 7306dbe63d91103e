import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readConstants, valuesOf } from '../../bench/scaling/constants.ts';
import { redisLoads, sweptBots } from '../../bench/scaling/model.ts';
import type { RedisState } from '../../gateway/sessions/redis/open.ts';
import type { Session } from '../../gateway/sessions/store.ts';
import { testRedis, type TestRedis } from '../helpers/redis.ts';
import { mortalReplica, open } from './scene.ts';

const constants = readFileSync(join(import.meta.dirname, '../../bench/scaling/constants.json'), 'utf8');
const of = valuesOf(readConstants(constants));
const ending = { status: 'WS_CONNECTION_CLOSED', endedBy: 'bot', code: 1000, reason: '', at: 1 } as const;
const [REPLICAS, BOTS, HISTORY] = [3, 50, 10];

let redis: TestRedis;
let states: readonly RedisState[];

beforeAll(async () => {
  redis = await testRedis();
  const options = { beat: 100, maxHistory: HISTORY };
  states = await Promise.all(Array.from({ length: REPLICAS }, () => open(redis.url, options)));
});
afterAll(async () => {
  await Promise.all(states.map(({ sessions }) => sessions.close()));
  await redis.close();
});

function session(): Session {
  const id = randomUUID();
  return { id, agent: 'a', organization: 'o', provider: 'generic', call: null, body: null, createdAt: 1 };
}

const bots = Array.from({ length: BOTS }, (_, index) => `ws://10.0.0.${index}:8080/ws`);

/** Waits for so many looks. Resolves with what was asked at each, beside the replicas' names. */
async function looks(count: number): Promise<{ seats: number; signs: number }> {
  const now = async (): Promise<readonly [number, number, number]> => [
    await callsOf('hgetall'),
    await callsOf('smembers'),
    await callsOf('mget'),
  ];
  const before = await now();
  await until(async () => (await callsOf('hgetall')) >= before[0] + count);
  const after = await now();
  const done = after[0] - before[0];
  return { seats: Math.round((after[1] - before[1]) / done - 1), signs: (after[2] - before[2]) / done };
}

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await sleep(20);
}

async function callsOf(command: string): Promise<number> {
  const text = await redis.admin.info('commandstats');
  return Number(new RegExp(`^cmdstat_${command}:calls=(\\d+)`, 'm').exec(text)?.[1] ?? 0);
}

/** What docs/scaling.md says of many replicas rests on this: whoever changes it, changes bench/scaling/model.ts as well. */
describe('the model of scaling', () => {
  test('knows what a replica asks Redis at each look, and that it is only about bots where somebody came or went', async () => {
    await sleep(300); // looks that began before
    const quiet = await looks(30);
    // The replicas' names come with the sign of life, in one transaction; their signs are asked for by MGET.
    expect(quiet.seats).toBe(0);
    expect(Math.abs(quiet.signs - 1)).toBeLessThan(0.2);

    const [{ sessions }] = states as [RedisState];
    const before = await callsOf('smembers');
    const beats = await callsOf('hgetall');
    const mine = await Promise.all(
      bots.map(async (bot) => {
        const one = session();
        await sessions.open(one, null);
        await sessions.seat(one, [bot], null);
        return one;
      }),
    );
    await looks(4 * REPLICAS);
    const asked = (await callsOf('smembers')) - before - ((await callsOf('hgetall')) - beats);
    // Each bot once, by the replica that has the call; some twice, if a look fell between two calls of the same.
    expect(asked).toBeGreaterThanOrEqual(BOTS);
    expect(asked).toBeLessThan(2 * BOTS);
    for (const one of mine) await sessions.end(one, ending);

    const size = { calls: REPLICAS, perSecond: 0, replicas: REPLICAS, agents: 1, bots: BOTS };
    const signs = redisLoads(size, of).find(({ what }) => what.startsWith('signs of life'));
    expect((signs?.requests ?? 0) / (REPLICAS / of('beat'))).toBe(2);
    // One that begins and one that ends between two looks: two bots.
    const perSecond = REPLICAS / of('beat');
    expect(sweptBots({ ...size, perSecond }, of)).toBe(2);
  });

  test('knows how many bots are compared at a look at most', async () => {
    const [{ sessions }] = states as [RedisState];
    const most = of('maxSwept');
    const many = Array.from({ length: 3 * most }, (_, index) => `ws://10.0.1.${index}:8080/ws`);
    const one = session();
    await sessions.open(one, null);
    await sleep(300);
    const redo = async (bot: string): Promise<unknown> => sessions.seat(one, [bot], null);
    const before = await callsOf('smembers');
    const beats = await callsOf('hgetall');
    for (const bot of many) await redo(bot);
    while ((await callsOf('smembers')) - before - ((await callsOf('hgetall')) - beats) < many.length) await sleep(20);
    const begun = (await callsOf('hgetall')) - beats;
    expect(begun).toBeGreaterThanOrEqual(many.length / most);
    await sessions.end(one, ending);
  });

  test('knows that every replica that looks meanwhile asks for all bots of one that died', async () => {
    const dying = await mortalReplica(redis, { beat: 100 });
    const one = session();
    await dying.sessions.open(one, null);
    const many = Array.from({ length: BOTS }, (_, index) => `ws://10.0.2.${index}:8080/ws`);
    for (const bot of many) await dying.sessions.seat(one, [bot], null);
    const known = await redis.admin.keys('hs:bots:*');
    const counts = await Promise.all(known.map((key) => redis.admin.sCard(key)));
    expect(counts).toContain(BOTS);
    const before = await callsOf('smembers');
    const beats = await callsOf('hgetall');
    await dying.die();
    await until(async () => (await redis.admin.keys('hs:bots:*')).length < known.length);
    const asked = (await callsOf('smembers')) - before - ((await callsOf('hgetall')) - beats);
    expect(asked).toBeGreaterThanOrEqual(BOTS - 5);
    expect(asked).toBeLessThanOrEqual((REPLICAS + 1) * (BOTS + 10));
  });

  test('knows that ended calls beyond max_history and a hundred are forgotten, with their records', async () => {
    const [{ sessions }] = states as [RedisState];
    const most = HISTORY + of('historySlack');
    const query = { organization: 'h', agent: 'a', limit: 500, offset: 0, from: null, until: null } as const;
    const records: number[] = [];
    for (let call = 0; call < most + 20; call += 1) {
      const mine = { ...session(), organization: 'h', call: { id: `CA${call}` } };
      await sessions.open(mine as Session, null);
      await sessions.end(mine as Session, ending);
      records.push((await redis.admin.keys('hs:session:*')).length);
    }
    const { total } = await sessions.list({ ...query, status: 'ended' });
    expect(total).toBeGreaterThanOrEqual(HISTORY);
    expect(total).toBeLessThanOrEqual(most);
    expect(Math.max(...records) - (records[0] ?? 0)).toBe(most - 1 + 1);
    expect(records.at(-1)).toBeLessThan(Math.max(...records));
    const [some = ''] = await redis.admin.keys('hs:session:*');
    expect(await redis.admin.ttl(some)).toBeGreaterThan(of('historySeconds') - 60);
    const endings = await redis.admin.keys('hs:ending:*');
    const left = await redis.admin.ttl(endings[0] ?? '');
    expect(left).toBeGreaterThan(of('endingSeconds') - 60);
    expect(left).toBeLessThanOrEqual(of('endingSeconds'));
  });
});
