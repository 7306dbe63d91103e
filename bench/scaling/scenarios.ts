import { simulateCalls, type CallsOptions, type CallsResult } from './calls.ts';
import type { Value } from './constants.ts';
import { leftShare, redisLoads, sweptBots, type Size } from './model.ts';
import { simulateQueue, type QueueResult } from './queue.ts';

const SEED = 20_261_121;

export interface Scenario {
  readonly what: string;
  readonly size: Size;
  readonly result: CallsResult;
}

/** Steps of a rollout that is not simulated replica by replica: a large one goes in batches. */
const STEPS = 40;
/** Seconds from one batch to the next: a new replica starts, and is watched for ten. */
const STEP_SECONDS = 15;

/** What a day has in store for the replicas: bursts, a death, a rollout; balanced well, and not at all. */
export function scenarios(size: Size, of: Value): readonly Scenario[] {
  const { calls, replicas } = size;
  const base: CallsOptions = {
    seed: SEED,
    calls,
    replicas,
    meanCall: of('meanCall'),
    seconds: 65,
    balancing: 'least connections',
    burst: { factor: of('burstFactor'), seconds: of('burstSeconds'), every: of('burstEvery') },
  };
  const death = { at: 30, redial: of('redial'), delay: of('redialSeconds') };
  const batch = Math.ceil(replicas / STEPS);
  const rollout = { at: 0, batch, every: STEP_SECONDS, drainTimeout: of('drainTimeout') };
  const seconds = Math.ceil(replicas / batch) * STEP_SECONDS + of('drainTimeout') + 1;
  const cases: readonly (readonly [what: string, more: Partial<CallsOptions>])[] = [
    ['bursts; a replica dies', { death }],
    [`rollout, ${batch === 1 ? 'one' : batch} every ${STEP_SECONDS} s`, { rollout, seconds }],
    ['the same, at random', { rollout, seconds, balancing: 'at random' }],
  ];
  return cases.map(([what, more]) => {
    return { what, size, result: simulateCalls({ ...base, ...more }) };
  });
}

export interface RedisScenario {
  readonly what: string;
  readonly result: QueueResult;
  /** Somebody waits longer than Redis has to answer: those are refused. */
  readonly isLate: boolean;
}

/** Redis' one thread: on a usual minute, in a burst, and when it comes back empty and everybody tells it all. */
export function redisScenarios(size: Size, of: Value): readonly RedisScenario[] {
  const { calls, perSecond, replicas, bots } = size;
  const µ = 1e-6;
  const cpu = (name: string): number => of(name) * µ;
  const [begun] = redisLoads(size, of);
  const rate = perSecond * of('setupTrips');
  const service = (begun?.cores ?? 0) / rate;
  const each = calls / replicas;
  const swept = sweptBots(size, of);
  const look = [
    { count: 1, service: cpu('requestCpu') },
    { count: 1, service: cpu('requestCpu') + each * cpu('ownCpu') + (replicas / 2) * cpu('replicaCpu') },
    { count: 1, service: cpu('requestCpu') + (replicas / 2) * cpu('replicaCpu') },
    { count: Math.round(swept), service: cpu('requestCpu') + (calls / bots) * cpu('seatCpu') },
    { count: Math.round(swept * leftShare(size)), service: cpu('requestCpu') },
  ];
  const chunks = Math.ceil(each / of('chunk'));
  const beats = { replicas, period: of('beat'), requests: look, roundTrip: of('roundTrip') };
  const again = [{ count: chunks, service: (each / chunks) * cpu('againCpu') }];
  const base = { seed: SEED, seconds: 12, most: 1e6 };
  const cases = [
    ['a usual minute', simulateQueue({ ...base, calls: { rate, service }, beats })],
    ['a burst', simulateQueue({ ...base, calls: { rate: rate * of('burstFactor'), service }, beats })],
    [
      'back, and empty: all tell their calls',
      simulateQueue({
        ...base,
        calls: { rate, service },
        beats: { ...beats, requests: again, together: true },
      }),
    ],
  ] as const;
  return cases.map(([what, result]) => {
    return { what, result, isLate: result.mostWait > of('operationTimeout') };
  });
}
