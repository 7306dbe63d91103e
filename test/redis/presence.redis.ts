import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Session, SessionCount } from '../../gateway/sessions/store.ts';
import { testRedis, type TestRedis } from '../helpers/redis.ts';
import { mortalReplica, type MortalReplica } from './scene.ts';

let redis: TestRedis;
let first: MortalReplica;
let second: MortalReplica;

beforeAll(async () => {
  redis = await testRedis();
});
afterAll(() => redis.close());
beforeEach(async () => {
  await redis.admin.flushAll();
  first = await mortalReplica(redis);
  second = await mortalReplica(redis);
});
afterEach(async () => {
  await first.sessions.close();
  await second.sessions.close();
});

const bot = 'ws://10.0.0.1:8080/ws';
const ending = { status: 'WS_CONNECTION_CLOSED', endedBy: 'bot', code: 1000, reason: '', at: 1 } as const;

function session(change: Partial<Session> = {}): Session {
  const id = randomUUID();
  const call = { id: `CA${id}`, from: '', to: '', direction: 'inbound' } as const;
  return { id, agent: 'a', organization: 'o', provider: 'twilio', call, body: null, createdAt: 1, ...change };
}

const counted = (by: MortalReplica): Promise<SessionCount> => by.sessions.count('o', 'a');

describe('a replica that is gone', () => {
  test('gives back its places and its seats, and its calls are known as lost', async () => {
    const [lost, kept] = [session({ body: 'x' }), session()];
    await first.sessions.open(lost, 2);
    await second.sessions.open(kept, 2);
    await first.sessions.seat(lost, [bot], 1);
    await expect(second.sessions.open(session(), 2)).rejects.toMatchObject({ code: 'ERR_AT_CAPACITY' });
    expect(await second.sessions.seat(kept, [bot], 1)).toBeNull();

    await first.die();
    expect(await counted(second)).toEqual({ live: 1, reserved: 0 });
    expect(await second.sessions.find(lost.id)).toMatchObject({ ending: { status: 'GATEWAY_LOST' } });
    expect(await second.sessions.endingOf('twilio', lost.call?.id ?? '')).toMatchObject({
      status: 'GATEWAY_LOST',
    });
    expect(await second.sessions.read(lost.id)).toBeNull();
    expect(await second.sessions.seat(kept, [bot], 1)).toBe(bot);
    await second.sessions.open(session(), 2);
  });

  test('leaves its waiting sessions to the others', async () => {
    const waiting = session();
    await first.sessions.issue(waiting, { key: 'k', expiresAt: Date.now() + 300_000 }, 1);
    await first.die();
    expect(await second.sessions.take('k')).toEqual(waiting);
  });
});

test('a replica that says goodbye is not mourned', async () => {
  await first.sessions.close();
  expect(await redis.admin.sCard('hs:replicas')).toBe(1);
});

test('a replica that was frozen, buried, and comes back has its calls again', async () => {
  const live = session();
  await first.sessions.open(live, null);
  const [name] = Object.keys(await redis.admin.hGetAll(`hs:replica:${await replicaOf(live)}`));
  expect(name).toBe(live.id);
  // As if the others had waited for its lease to end: they forget it, and it does not know.
  const replica = await replicaOf(live);
  await redis.admin.del([`hs:replica:${replica}`, 'hs:live:a.o', `hs:session:${live.id}`]);
  expect(await counted(second)).toEqual({ live: 0, reserved: 0 });
  await expect.poll(() => counted(second), { timeout: 5000 }).toEqual({ live: 1, reserved: 0 });
  expect(await second.sessions.find(live.id)).toMatchObject({ id: live.id, ending: null });
});

test('after all of Redis was emptied, live calls and their seats are counted again', async () => {
  const live = session();
  await first.sessions.open(live, null);
  await first.sessions.seat(live, [bot], 1);
  await redis.admin.flushAll();
  await expect.poll(() => counted(second), { timeout: 5000 }).toEqual({ live: 1, reserved: 0 });
  await expect.poll(() => redis.admin.sCard(`hs:seats:${bot}`), { timeout: 5000 }).toBe(1);
});

test.each<[string, (id: string, replica: string) => Promise<unknown>]>([
  [
    'a session that nobody relays',
    (id, replica) =>
      redis.admin
        .multi()
        .hSet(`hs:replica:${replica}`, id, 'a.o')
        .zAdd('hs:live:a.o', { score: 1, value: id })
        .exec(),
  ],
  ['a seat that nobody has', (id, replica) => redis.admin.sAdd(`hs:seats:${bot}`, `${replica}/${id}`)],
  [
    'a seat of a replica that is long gone',
    (id) => redis.admin.sAdd(`hs:seats:${bot}`, `${randomUUID()}/${id}`),
  ],
])('%s is not counted for long', async (_, add) => {
  const live = session();
  await first.sessions.open(live, null);
  await first.sessions.seat(live, [bot], null);
  await add(randomUUID(), await replicaOf(live));
  await expect
    .poll(async () => [await counted(second), await redis.admin.sCard(`hs:seats:${bot}`)], { timeout: 5000 })
    .toEqual([{ live: 1, reserved: 0 }, 1]);
});

test('the end of a call is told when Redis is back, as it was', async () => {
  const live = session();
  await first.sessions.open(live, null);
  redis.signal('SIGSTOP');
  await first.sessions.end(live, ending);
  redis.signal('SIGCONT');
  await expect
    .poll(() => second.sessions.find(live.id).catch(() => null), { timeout: 5000 })
    .toMatchObject({ ending });
  await expect
    .poll(() => counted(second).catch(() => null), { timeout: 5000 })
    .toEqual({ live: 0, reserved: 0 });
});

test('a stop reaches the replica that relays the session', async () => {
  const live = session();
  const told: string[] = [];
  first.sessions.onStop((id) => told.push(`first ${id}`));
  second.sessions.onStop((id) => told.push(`second ${id}`));
  await first.sessions.open(live, null);
  expect(await second.sessions.stop(live.id)).toBe(true);
  await expect.poll(() => told).toEqual([`first ${live.id}`]);
  expect(await second.sessions.stop(randomUUID())).toBe(false);
});

async function replicaOf({ id }: Session): Promise<string> {
  for (const replica of await redis.admin.sMembers('hs:replicas')) {
    if (await redis.admin.hExists(`hs:replica:${replica}`, id)) return replica;
  }
  throw new Error('nobody has it');
}
