import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readConstants, valuesOf } from '../../bench/scaling/constants.ts';
import { knownBots, redisLoads, sweptBots } from '../../bench/scaling/model.ts';
import { createLog, maskSecrets } from '../../gateway/log.ts';
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
const lines: string[] = [];

beforeAll(async () => {
  redis = await testRedis();
  const log = createLog({ write: (line: string) => lines.push(line) }, maskSecrets([]));
  const options = { beat: 100, maxHistory: HISTORY, log };
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

/** How often each command was called, in one instant: those of a transaction are never seen half done. */
async function commands(): Promise<(name: string) => number> {
  const text = await redis.admin.info('commandstats');
  return (name) => Number(new RegExp(`^cmdstat_${name}:calls=(\\d+)`, 'm').exec(text)?.[1] ?? 0);
}

/** The same, from now on until it is asked. */
async function commandsSince(): Promise<() => Promise<(name: string) => number>> {
  const before = await commands();
  return async () => {
    const after = await commands();
    return (name) => after(name) - before(name);
  };
}

/** Times that seats of a bot were asked for: SMEMBERS, without the one that goes with each HGETALL. */
function seatsAsked(asked: (name: string) => number): number {
  return asked('smembers') - asked('hgetall');
}

/** HGETALL is asked once in each look, and at a burial. */
async function looks(count: number): Promise<void> {
  const since = await commandsSince();
  await until(async () => (await since())('hgetall') >= count);
}

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await sleep(20);
}

/** What docs/scaling.md says of many replicas rests on this: whoever changes it, changes bench/scaling/model.ts as well. */
describe('the model of scaling', () => {
  test('knows what a replica asks Redis at each beat', async () => {
    await looks(2 * REPLICAS);
    const since = await commandsSince();
    await looks(30);
    const asked = await since();
    const done = asked('hgetall');
    // A transaction with the sign of life, one that looks, and MGET for the signs of the others.
    expect(off(asked('sadd'), done)).toBeLessThan(0.2);
    expect(off(asked('exec') + asked('mget'), 3 * done)).toBeLessThan(0.2);
    expect(seatsAsked(asked)).toBeLessThanOrEqual(REPLICAS); // nobody came or went: looks under way
    const size = { calls: REPLICAS, perSecond: 0, replicas: REPLICAS, agents: 1, bots: BOTS };
    const load = redisLoads(size, of).find(({ what }) => what.startsWith('signs of life'));
    expect(load?.requests).toBeCloseTo((3 * REPLICAS) / of('beat'));
  });

  test('knows that it asks for the seats of bots where somebody came or went, and for so many at a look', async () => {
    const most = of('maxSwept');
    const mine = session();
    await first().open(mine, null);
    const since = await commandsSince();
    for (const bot of botsOf(3 * most)) await first().seat(mine, [bot], null);
    await until(async () => seatsAsked(await since()) >= 3 * most);
    expect((await since())('hgetall')).toBeGreaterThanOrEqual(3);
    await looks(4 * REPLICAS);
    // Some twice: where a look came between two steps of a call.
    expect(seatsAsked(await since())).toBeLessThan(4 * most);
    await first().end(mine, ending);
    const size = { calls: 1, perSecond: REPLICAS / of('beat'), replicas: REPLICAS, agents: 1, bots: BOTS };
    expect(sweptBots(size, of)).toBeCloseTo(2); // one call that came, one that went
  });

  test('knows that a replica’s set has the bots of its calls, and not all those it ever had a call at', async () => {
    const mine = session();
    await first().open(mine, null);
    for (const bot of botsOf(BOTS)) await first().seat(mine, [bot], null);
    const replica = await replicaOf(mine);
    await expect.poll(() => redis.admin.sMembers(`hs:bots:${replica}`)).toEqual(botsOf(BOTS).slice(-1));
    expect(knownBots({ calls: 1, perSecond: 0, replicas: 1, agents: 1, bots: BOTS }, of)).toBeCloseTo(1, 1);
    await first().end(mine, ending);
    await expect.poll(() => redis.admin.exists(`hs:bots:${replica}`)).toBe(0);
  });

  test('knows that one replica buries a dead one, 200 bots at a time, and that all others live on', async () => {
    const known = 3000;
    const dying = await mortalReplica(redis, { beat: 100 });
    const mine = session();
    await dying.sessions.open(mine, null);
    const dead = await replicaOf(mine);
    const living = (await redis.admin.sMembers('hs:replicas')).filter((replica) => replica !== dead);
    await redis.admin.sAdd(`hs:bots:${dead}`, [...botsOf(known)]);
    const since = await commandsSince();
    await dying.die();
    await looks(6 * REPLICAS); // whoever comes late has come
    const asked = await since();
    await dying.sessions.close();
    expect(gone()).toHaveLength(1);
    expect(living).toHaveLength(REPLICAS);
    expect((await redis.admin.sMembers('hs:replicas')).toSorted()).toEqual(living.toSorted());
    expect(seatsAsked(asked)).toBe(known);
    // All transactions but signs, looks and the one with the dead replica's call; the burial has an HGETALL as well.
    const transactions = asked('exec') - asked('sadd') - (asked('hgetall') - 1) - 1;
    expect(transactions).toBe((2 * known) / of('chunk'));
  });

  test('knows that ended calls beyond max_history and some are forgotten, with their records', async () => {
    const most = HISTORY + of('historySlack');
    const records = async (): Promise<number> => (await redis.admin.keys('hs:session:*')).length;
    const before = await records();
    const call = { from: '+1', to: '+2', direction: 'inbound' } as const;
    const endOne = async (id: string): Promise<void> => {
      const mine = { ...session(), organization: 'h', call: { ...call, id } };
      await first().open(mine, null);
      await first().end(mine, ending);
    };
    for (let ended = 1; ended <= most; ended += 1) await endOne(`CA${ended}`);
    expect((await records()) - before).toBe(most);
    await endOne('CA');
    expect((await records()) - before).toBe(HISTORY);
    expect(await redis.admin.zCard('hs:ended:a.h')).toBe(HISTORY);
    const [last = ''] = await redis.admin.zRange('hs:ended:a.h', -1, -1);
    expect(off(await redis.admin.ttl(`hs:session:${last}`), of('historySeconds'))).toBeLessThan(0.01);
    expect(off(await redis.admin.ttl('hs:ending:generic:CA1'), of('endingSeconds'))).toBeLessThan(0.1);
  });
});

/** Share by which a figure is off another. */
function off(value: number, expected: number): number {
  return Math.abs(value / expected - 1);
}

function first(): RedisState['sessions'] {
  const [state] = states;
  if (!state) throw new Error('no replica is there');
  return state.sessions;
}

/** What the replicas logged of burials. */
function gone(): readonly string[] {
  return lines.filter((line) => line.includes('a replica is gone'));
}

async function replicaOf({ id }: Session): Promise<string> {
  for (const replica of await redis.admin.sMembers('hs:replicas')) {
    if (await redis.admin.hExists(`hs:replica:${replica}`, id)) return replica;
  }
  throw new Error('nobody has it');
}

function botsOf(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `ws://10.0.${count}.${index}:8080/ws`);
}
