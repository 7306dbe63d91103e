import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { createClient, type RedisClientType } from '@redis/client';
import { loadCore, type Bench } from './bench.ts';
import { REDIS_SERVER } from './machine.ts';
import { freePort } from './processes.ts';

/** A Redis of its own, with nothing in it. */
export interface BenchRedis {
  readonly port: number;
  readonly url: string;
  readonly client: RedisClientType;
  readonly counters: () => Promise<Counters>;
  /** How often Redis was waited for meanwhile: a transaction is one round trip, however much is in it. */
  readonly roundTrips: (during: () => Promise<void>) => Promise<number>;
  readonly stop: () => Promise<void>;
}

/** What Redis says of itself since it was started. */
export interface Counters {
  /** Without those that ask for counters. */
  readonly commands: number;
  /** Of HGETALL alone: a replica sends one with each sign of life. */
  readonly beats: number;
  readonly inBytes: number;
  readonly outBytes: number;
  readonly cpuSeconds: number;
  /** Now. */
  readonly memoryBytes: number;
}

/** As in production, deploy/redis/redis.conf: every write is on the disk before it is answered; `args` say otherwise. */
export async function startRedis(
  { processes, machine, root, folder }: Bench,
  args: readonly string[] = [],
): Promise<BenchRedis> {
  const port = await freePort();
  const here = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', mkdtempSync(join(folder, 'redis-'))];
  const argv = [REDIS_SERVER, join(root, 'deploy/redis/redis.conf'), ...here, '--maxmemory', '0', ...args];
  const running = await processes.serve({ name: 'Redis', argv, core: loadCore(machine) }, port);
  const client = clientAt(port);
  await client.connect();
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    client,
    counters: async () => readCounters(await client.info('all')),
    async roundTrips(during) {
      const monitor = clientAt(port);
      await monitor.connect();
      const count = roundTripCounter();
      await monitor.monitor((line) => count.saw(line));
      await during();
      monitor.destroy();
      return count.total();
    },
    async stop() {
      client.destroy();
      await running.stop();
    },
  };
}

export function clientAt(port: number): RedisClientType {
  const client: RedisClientType = createClient({
    socket: { host: '127.0.0.1', port, reconnectStrategy: false },
  });
  return client.on('error', () => {});
}

const NOT_COUNTED = new Set(['info', 'monitor', 'client', 'hello']);

/** Throws where the text lacks one of them. */
export function readCounters(info: string): Counters {
  const value = (name: string): number => {
    const text = new RegExp(`^${name}:([\\d.]+)`, 'm').exec(info)?.[1];
    if (text === undefined) throw new TypeError(`Redis says nothing of ${name}`);
    return Number(text);
  };
  const calls = [...info.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)].map(
    ([, name = '', count]) => [name, Number(count)] as const,
  );
  const counted = calls.filter(([name]) => !NOT_COUNTED.has(name.split('|')[0] ?? ''));
  return {
    commands: counted.reduce((sum, [, count]) => sum + count, 0),
    beats: new Map(calls).get('hgetall') ?? 0,
    inBytes: value('total_net_input_bytes'),
    outBytes: value('total_net_output_bytes'),
    cpuSeconds: value('used_cpu_user') + value('used_cpu_sys'),
    memoryBytes: value('used_memory'),
  };
}

/** Reads what MONITOR prints: `1339518083.107412 [0 127.0.0.1:60866] "keys" "*"`. */
export function roundTripCounter(): { saw: (line: string) => void; total: () => number } {
  const inTransaction = new Set<string>();
  let count = 0;
  return {
    saw(line) {
      const [, client = '', name = ''] = /^\S+ \[\d+ (\S+)\] "([^"]*)"/.exec(line) ?? [];
      const command = name.toLowerCase();
      if (command === 'multi') inTransaction.add(client);
      if (command === 'exec') inTransaction.delete(client);
      if (!inTransaction.has(client) && !NOT_COUNTED.has(command)) count += 1;
    },
    total: () => count,
  };
}
