import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { generate, type Bench, type Options } from '../bench.ts';
import { pathOf, POOL_AGENT } from '../hookswitch.ts';
import type { BenchRedis } from '../redis.ts';
import { faultsOf } from '../wsload.ts';
import { startSessions } from './connect.ts';
import { callsFor } from './memory.ts';
import { record } from './rounds.ts';
import type { Kept } from './store-steps.ts';

const CALLS = 1000;
/** Seconds that signs of life are watched: a replica gives one every five. */
const watchFor = ({ quick }: Options): number => (quick ? 5.5 : 10.5);
/** Seconds that Redis is watched with nothing to do, which costs a little too. */
const IDLE = 2;
/** Seconds to open the calls, and a little more. */
const OPENING = 3;

/** About how long it takes. */
export function heldSeconds(options: Options): number {
  return IDLE + OPENING + watchFor(options) + 2;
}

/** Seconds for all of them to be opened, or ended. */
const PATIENCE = 30;

/** What calls that go on, and calls that are over, keep in Redis; and what a sign of life of their replica costs. */
export async function holdCalls(bench: Bench, kept: Kept & { readonly redis: BenchRedis }): Promise<void> {
  const { progress, machine, folder, options } = bench;
  const { contestant, round, gateway, redis } = kept;
  const calls = Math.min(CALLS, callsFor(machine.maxFiles));
  const watch = watchFor(options);
  progress.step(`store: ${contestant}, ${calls} calls held`, heldSeconds(options));
  await redis.client.flushAll();
  const empty = await redis.counters();
  await sleep(IDLE * 1000);
  const idle = await redis.counters();
  const tokens = await startSessions(gateway, calls, POOL_AGENT);
  const waiting = await redis.counters();
  const paths = join(folder, 'paths');
  writeFileSync(paths, tokens.map((token) => `${pathOf(POOL_AGENT)}/${token}\n`).join(''));
  const { port, running } = gateway;
  const to = { port, path: pathOf(POOL_AGENT), pids: running.pids() };
  const holding = generate(bench, 'idle', { '-n': calls, '-d': OPENING + watch, '-u': paths }, to);
  const live = `hs:live:${POOL_AGENT}.local`;
  await Promise.race([holding, until(async () => (await redis.client.zCard(live)) === calls)]);
  const before = await redis.counters();
  await sleep(watch * 1000);
  const after = await redis.counters();
  const report = await holding;
  await until(async () => (await redis.client.zCard(live)) === 0);
  const ended = await redis.counters();

  const beats = after.beats - before.beats;
  // Too little to tell from what Redis does by itself: then there is no figure.
  const idleSeconds = ((idle.cpuSeconds - empty.cpuSeconds) / IDLE) * watch;
  const busySeconds = after.cpuSeconds - before.cpuSeconds - idleSeconds;
  record(
    bench,
    { measurement: 'store', load: `${calls} calls held`, contestant, round },
    report,
    {
      waiting_bytes: (waiting.memoryBytes - idle.memoryBytes) / calls,
      live_bytes: (before.memoryBytes - idle.memoryBytes) / calls,
      ended_bytes: (ended.memoryBytes - idle.memoryBytes) / calls,
    },
    beats > 0 ? {} : { faults: [...faultsOf(report), 'no sign of life'] },
  );
  if (beats === 0) return;
  record(
    bench,
    { measurement: 'store', load: `a sign of life, every 5 s, with ${calls} calls`, contestant, round },
    {},
    {
      redis_commands: (after.commands - before.commands) / beats,
      redis_in_bytes: (after.inBytes - before.inBytes) / beats,
      redis_out_bytes: (after.outBytes - before.outBytes) / beats,
      ...(busySeconds > 0 ? { redis_cpu_us: (busySeconds / beats) * 1e6 } : {}),
    },
  );
}

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + PATIENCE * 1000;
  while (!(await isTrue())) {
    if (performance.now() > end) throw new Error(`calls were not opened or ended within ${PATIENCE} s`);
    await sleep(50);
  }
}
