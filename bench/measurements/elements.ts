import { randomUUID } from 'node:crypto';
import type { Bench } from '../bench.ts';
import { clientAt, startRedis, type BenchRedis } from '../redis.ts';
import { record } from './rounds.ts';

/** As many as stand in one key. */
const ELEMENTS = 10_000;
/** Keys that one command names, commands of one transaction. */
const MANY = 500;
/** Sessions that a replica tells in one transaction. */
const CHUNK = 200;
/** Ended sessions that are forgotten together. */
const TRIMMED = 100;
/** Characters of a sealed answer: a document of Twilio's, with a token in it. */
const SEALED = 640;
const CLIENTS = 50;
const HOST = 'support.example';

type Client = BenchRedis['client'];

/** What is done, how many elements that touches, and how often it is done for a figure. */
interface Probe {
  readonly contestant: string;
  readonly elements: number;
  readonly times: number;
  readonly run: () => Promise<unknown>;
}

export const ELEMENT_LOAD = 'what Redis does for one of many';

/** About how long it takes. */
export const ELEMENTS_SECONDS = 3;

/** Commands whose cost grows: with the sessions of a replica, the bots of a pool, the replicas, the listed sessions. */
export async function measureElements(bench: Bench, round: number): Promise<void> {
  const { options, progress } = bench;
  progress.step(`store, round ${round}: ${ELEMENT_LOAD}`, ELEMENTS_SECONDS);
  const redis = await startRedis(bench, ['--appendonly', 'no']);
  const { client } = redis;
  const ids = Array.from({ length: ELEMENTS }, () => randomUUID());
  await fill(client, ids);
  const clients = await connected(redis.port);
  const listeners = await connected(redis.port);
  await Promise.all(listeners.map((listener) => listener.subscribe('stop', () => {})));
  for (const probe of probes(client, clients, ids)) {
    const times = options.quick ? Math.ceil(probe.times / 5) : probe.times;
    await probe.run();
    const before = await redis.counters();
    for (let time = 0; time < times; time += 1) await probe.run();
    const after = await redis.counters();
    const count = times * probe.elements;
    const figures = {
      redis_in_bytes: (after.inBytes - before.inBytes) / count,
      redis_out_bytes: (after.outBytes - before.outBytes) / count,
      redis_cpu_us: ((after.cpuSeconds - before.cpuSeconds) / count) * 1e6,
    };
    recordElement(bench, probe.contestant, round, figures);
  }
  for (const [contestant, keep] of memories(client, ids)) {
    const before = await redis.counters();
    await keep();
    const after = await redis.counters();
    recordElement(bench, contestant, round, {
      kept_bytes: (after.memoryBytes - before.memoryBytes) / ELEMENTS,
    });
  }
  for (const one of [...clients, ...listeners]) one.destroy();
  await redis.stop();
}

function recordElement(
  bench: Bench,
  contestant: string,
  round: number,
  figures: Readonly<Record<string, number>>,
): void {
  record(bench, { measurement: 'store', load: ELEMENT_LOAD, contestant, round }, {}, figures);
}

async function fill(client: Client, ids: readonly string[]): Promise<void> {
  const many = ids.slice(0, MANY);
  await client.sAdd(
    'seats',
    ids.map((id) => `${randomUUID()}/${id}`),
  );
  await client.sAdd('replicas', [...many]);
  await client.hSet('replica', Object.fromEntries(ids.map((id) => [id, HOST])));
  await client.zAdd(
    'live',
    ids.map((value, score) => ({ value, score })),
  );
  await client.mSet(Object.fromEntries(many.map((id) => [`alive:${id}`, '1'])));
}

/** Of what there is much, and is not among the sessions that are held: how much memory one of it takes. */
function memories(
  client: Client,
  ids: readonly string[],
): readonly (readonly [contestant: string, keep: () => Promise<unknown>])[] {
  const ending = {
    status: 'WS_CONNECTION_CLOSED',
    endedBy: 'caller',
    code: 1000,
    reason: '',
    at: Date.now(),
  };
  return [
    [
      'memory of how a call ended',
      () =>
        setAll(
          client,
          ids.map((id) => `hs:ending:twilio:CA${id.replaceAll('-', '')}`),
          JSON.stringify(ending),
        ),
    ],
    [
      "memory of the answer to a carrier's webhook",
      () =>
        setAll(
          client,
          ids.map((id) => `hs:answer:${id}${id.slice(0, 7)}`),
          'x'.repeat(SEALED),
        ),
    ],
    [
      'memory of a bot that a replica knows',
      () =>
        client.sAdd(
          'hs:bots',
          ids.map((_, index) => `ws://10.0.${index >> 8}.${index & 255}:7860/ws`),
        ),
    ],
  ];
}

async function setAll(client: Client, names: readonly string[], text: string): Promise<void> {
  const batch = client.multi();
  for (const name of names) batch.set(name, text, { expiration: { type: 'PX', value: 900_000 } });
  await batch.exec();
}

function probes(client: Client, clients: readonly Client[], ids: readonly string[]): readonly Probe[] {
  const many = ids.slice(0, MANY);
  return [
    { contestant: 'a request', elements: 1, times: 5000, run: () => client.get('nothing') },
    {
      contestant: 'a request, of many clients',
      elements: CLIENTS,
      times: 500,
      run: () => Promise.all(clients.map((one) => one.get('nothing'))),
    },
    { contestant: 'SMEMBERS, a seat', elements: ELEMENTS, times: 50, run: () => client.sMembers('seats') },
    {
      contestant: 'HGETALL, a live call',
      elements: ELEMENTS,
      times: 50,
      run: () => client.hGetAll('replica'),
    },
    {
      contestant: 'SMEMBERS and MGET, a replica',
      elements: MANY,
      times: 200,
      run: async () => {
        await client.sMembers('replicas');
        await client.mGet(many.map((id) => `alive:${id}`));
      },
    },
    {
      contestant: 'SCARD in a transaction, a bot',
      elements: MANY,
      times: 100,
      run: () => {
        const batch = client.multi();
        for (const id of many) batch.sCard(`seats:ws://10.0.0.1:7860/${id.slice(0, 8)}`);
        return batch.exec();
      },
    },
    {
      contestant: 'ZRANGEBYSCORE, a listed call',
      elements: ELEMENTS,
      times: 50,
      run: () => client.zRangeByScoreWithScores('live', '-inf', '+inf'),
    },
    tellingAgain(client, ids),
    forgetting(client, ids),
    {
      contestant: 'PUBLISH, a replica',
      elements: CLIENTS,
      times: 500,
      run: () => client.publish('stop', ids[0] ?? ''),
    },
  ];
}

/** What a replica tells of its calls when Redis does not know them. */
function tellingAgain(client: Client, ids: readonly string[]): Probe {
  const chunk = ids.slice(0, CHUNK);
  const text = JSON.stringify({ filler: 'x'.repeat(400) });
  return {
    contestant: 'telling a live call again',
    elements: CHUNK,
    times: 100,
    run: () => {
      const batch = client.multi();
      for (const [score, value] of chunk.entries()) {
        batch
          .zRem('ended', value)
          .zAdd('again', { score, value })
          .hSet('replica', value, HOST)
          .set(`session:${value}`, text, { expiration: { type: 'PX', value: 86_400_000 } });
      }
      return batch.exec();
    },
  };
}

/** What an agent's oldest sessions cost when there are too many of them: put there, popped, and their records deleted. */
function forgetting(client: Client, ids: readonly string[]): Probe {
  const chunk = ids.slice(0, TRIMMED);
  return {
    contestant: 'ZPOPMIN and DEL, an ended session',
    elements: TRIMMED,
    times: 200,
    async run() {
      await client.zAdd(
        'oldest',
        chunk.map((value, score) => ({ value, score })),
      );
      const popped = await client.zPopMinCount('oldest', TRIMMED);
      await client.del(popped.map(({ value }) => `session:${value}`));
    },
  };
}

async function connected(port: number): Promise<readonly Client[]> {
  const clients = Array.from({ length: CLIENTS }, () => clientAt(port));
  await Promise.all(clients.map((client) => client.connect()));
  return clients;
}
