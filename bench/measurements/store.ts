import { WARM, type Bench, type Measurement, type Options } from '../bench.ts';
import { OURS_MEMORY, OURS_NO_DISK, OURS_REDIS } from '../contestants.ts';
import { SINGLE_THREADED, startHookswitch } from '../hookswitch.ts';
import type { Machine } from '../machine.ts';
import { startRedis, type BenchRedis, type Counters } from '../redis.ts';
import { select } from '../samples.ts';
import { figure, figuresOf } from '../wsload.ts';
import { ELEMENTS_SECONDS, measureElements } from './elements.ts';
import { heldSeconds, holdCalls } from './held.ts';
import { record } from './rounds.ts';
import { at, CONNECT_POOL, STEPS, WEBHOOK, WHOLE, type Kept, type Step } from './store-steps.ts';
import { isClientLimited } from './webhook.ts';

/** Where sessions are kept: null is the gateway's memory, else arguments of Redis beside deploy/redis/redis.conf. */
const PLACES: readonly (readonly [contestant: string, redis: readonly string[] | null])[] = [
  [OURS_MEMORY, null],
  [OURS_REDIS, []],
  [OURS_NO_DISK, ['--appendonly', 'no']],
];

/**
 * At most: what is measured fills a core, so that a window of three seconds tells CPU time to a hundredth; and each
 * window costs as much again for the sessions that are started before.
 */
const [MAX_ROUNDS, MAX_SECONDS] = [3, 3];
/** Seconds beside the window: warming up, starting sessions. */
const STEP_SECONDS = 4;
/** Seconds in which round trips are counted: they are the same for every call. */
const TRIPS = { warm: 0, seconds: 1 };

/** What it costs to keep sessions in Redis, and what that costs Redis. */
export const store: Measurement = {
  name: 'store',
  seconds({ options, machine }) {
    const step = planOf(options).seconds + STEP_SECONDS;
    const perRound = placesFor(machine, options).length * stepsFor(options).length * step + ELEMENTS_SECONDS;
    return planOf(options).rounds * perRound + stepsFor(options).length * 2 + heldSeconds(options);
  },
  async run(bench) {
    const { options, machine, progress } = bench;
    if (machine.redis === null) {
      progress.say(
        'store: there is no redis-server here (apt-get install redis-server): only memory is measured',
      );
    }
    for (let round = 1; round <= planOf(options).rounds; round += 1) {
      for (const place of placesFor(machine, options)) await measurePlace(bench, place, round);
      if (machine.redis !== null) await measureElements(bench, round);
    }
  },
};

function planOf({ rounds, seconds }: Options): { readonly rounds: number; readonly seconds: number } {
  return { rounds: Math.min(MAX_ROUNDS, rounds), seconds: Math.min(MAX_SECONDS, seconds) };
}

function stepsFor({ quick }: Options): readonly Step[] {
  return STEPS.filter(({ isQuick }) => isQuick || !quick);
}

function placesFor({ redis }: Pick<Machine, 'redis'>, { quick }: Options): typeof PLACES {
  const possible = PLACES.filter(([, args]) => args === null || redis !== null);
  return possible.filter(([contestant]) => contestant !== OURS_NO_DISK || !quick);
}

/** What does not vary is measured once: round trips, and the memory of calls. */
function isOnce({ contestant, round }: Pick<Kept, 'contestant' | 'round'>): boolean {
  return contestant === OURS_REDIS && round === 1;
}

async function measurePlace(
  bench: Bench,
  [contestant, args]: (typeof PLACES)[number],
  round: number,
): Promise<void> {
  const redis = args === null ? null : await startRedis(bench, args);
  const gateway = await startHookswitch(bench, { flags: [SINGLE_THREADED], redisUrl: redis?.url });
  try {
    const kept = { contestant, round, gateway, redis };
    for (const step of stepsFor(bench.options)) await measure(bench, kept, step);
    recordWhole(bench, kept);
    if (redis && isOnce(kept)) await holdCalls(bench, { ...kept, redis });
  } finally {
    await gateway.running.stop();
  }
  await redis?.stop();
}

async function measure(bench: Bench, kept: Kept, step: Step): Promise<void> {
  const { options, progress } = bench;
  const { contestant, round, redis } = kept;
  const { rounds, seconds } = planOf(options);
  progress.step(`store, round ${round} of ${rounds}: ${contestant}, ${step.load}`, seconds + STEP_SECONDS);
  const run = await step.prepare(bench, kept, { warm: WARM, seconds });
  const before = await redis?.counters();
  const report = await run();
  const after = await redis?.counters();
  const figures = {
    ...figuresOf(report, step.figures),
    ...(redis && before && after ? perOne(before, after, figure(report, step.count)) : {}),
    ...(redis && isOnce(kept)
      ? { redis_round_trips: await roundTrips(bench, { ...kept, redis }, step) }
      : {}),
  };
  const where = { measurement: 'store', load: step.load, contestant, round };
  const isLimited = step.count === 'count' && isClientLimited(report);
  record(bench, where, report, figures, isLimited ? { marks: ['generator-limited'] } : {});
}

function perOne(before: Counters, after: Counters, count: number): Record<string, number> {
  return {
    redis_commands: (after.commands - before.commands) / count,
    redis_in_bytes: (after.inBytes - before.inBytes) / count,
    redis_out_bytes: (after.outBytes - before.outBytes) / count,
    redis_cpu_us: ((after.cpuSeconds - before.cpuSeconds) / count) * 1e6,
  };
}

/** In a run of its own, in which Redis prints every command: that is slow. */
async function roundTrips(bench: Bench, kept: Kept & { redis: BenchRedis }, step: Step): Promise<number> {
  const run = await step.prepare(bench, kept, TRIPS);
  let count = 0;
  const trips = await kept.redis.roundTrips(async () => {
    count = figure(await run(), step.count);
  });
  return trips / count;
}

/** The sum of its parts. */
function recordWhole(bench: Bench, { contestant, round }: Kept): void {
  const parts = [at(WEBHOOK, 16), at(CONNECT_POOL, 32)].map(
    (load) =>
      select(bench.samples, { measurement: 'store', load, contestant }).find((one) => one.round === round)
        ?.figures ?? {},
  );
  const names = ['cpu_us', ...Object.keys(parts[0] ?? {}).filter((name) => name.startsWith('redis_'))];
  const figures = Object.fromEntries(
    names.map((name) => [name, parts.reduce((sum, part) => sum + (part[name] ?? NaN), 0)]),
  );
  const where = { measurement: 'store', load: WHOLE, contestant, round };
  record(
    bench,
    where,
    {},
    { ...figures, calls_per_core_s: 1e6 / (figures['cpu_us'] ?? NaN) },
    { faults: [], marks: [] },
  );
}
