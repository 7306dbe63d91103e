import { describe, expect, test } from 'vitest';
import { simulateCalls, type CallsOptions } from '../bench/scaling/calls.ts';
import { Heap } from '../bench/scaling/heap.ts';
import { simulateQueue } from '../bench/scaling/queue.ts';
import { exponential, poisson, seeded } from '../bench/scaling/random.ts';

/** Share by which a figure is off what theory says. */
function off(value: number, expected: number): number {
  return Math.abs(value / expected - 1);
}

describe('chance', () => {
  test('is the same for the same seed', () => {
    const [one, same, other] = [seeded(1), seeded(1), seeded(2)];
    const draw = (random: () => number): number[] => Array.from({ length: 5 }, random);
    const first = draw(one);
    expect(draw(same)).toEqual(first);
    expect(draw(other)).not.toEqual(first);
  });

  test.each([0.3, 7, 1200])('has the mean and the variance of Poisson at %d', (mean) => {
    const random = seeded(3);
    const counts = Array.from({ length: mean > 100 ? 2000 : 20_000 }, () => poisson(random, mean));
    const average = counts.reduce((sum, count) => sum + count, 0) / counts.length;
    const variance = counts.reduce((sum, count) => sum + (count - average) ** 2, 0) / counts.length;
    expect(off(average, mean)).toBeLessThan(0.05);
    expect(off(variance, mean)).toBeLessThan(0.15);
  });

  test('has the mean and the tail of an exponential distribution', () => {
    const random = seeded(4);
    const values = Array.from({ length: 100_000 }, () => exponential(random, 180));
    expect(off(values.reduce((sum, value) => sum + value, 0) / values.length, 180)).toBeLessThan(0.02);
    expect(
      off(values.filter((value) => value > 300).length / values.length, Math.exp(-300 / 180)),
    ).toBeLessThan(0.03);
  });
});

test('a heap gives what was put in, the least first, also after changes', () => {
  const random = seeded(5);
  const [heap, keys] = [new Heap(), new Map<number, number>()];
  for (let step = 0; step < 2000; step += 1) {
    const item = Math.floor(random() * 50);
    if (random() < 0.3) {
      heap.delete(item);
      keys.delete(item);
    } else {
      const key = random();
      heap.set(item, key);
      keys.set(item, key);
    }
    expect(heap.size).toBe(keys.size);
    expect(heap.first === undefined ? Infinity : heap.keyOf(heap.first)).toBe(
      Math.min(Infinity, ...keys.values()),
    );
  }
});

describe('simulated calls', () => {
  const base: CallsOptions = {
    seed: 7,
    calls: 1000,
    replicas: 10,
    meanCall: 10,
    seconds: 120,
    balancing: 'least connections',
  };

  test('are as many at once as come in the time that one lasts (Little)', () => {
    const { meanLive, arrived } = simulateCalls(base);
    expect(off(meanLive, 1000)).toBeLessThan(0.1);
    expect(off(arrived, (1000 / 10) * 120)).toBeLessThan(0.05);
  });

  test('are as many on average when they come in bursts, and more in one second', () => {
    const burst = { factor: 4, seconds: 5, every: 40 };
    const { meanLive, mostPerSecond } = simulateCalls({ ...base, burst });
    expect(off(meanLive, 1000)).toBeLessThan(0.15);
    expect(mostPerSecond).toBeGreaterThan(simulateCalls(base).mostPerSecond * 2);
  });

  /** https://en.wikipedia.org/wiki/Erlang_(unit)#Erlang_B_formula, by its recursion. */
  function erlangB(offered: number, lines: number): number {
    let inverse = 1;
    for (let line = 1; line <= lines; line += 1) inverse = 1 + (inverse * line) / offered;
    return 1 / inverse;
  }

  test.each([
    [20, 20],
    [20, 25],
    [100, 95],
  ])('are refused as Erlang B says: %d offered to %d lines', (calls, capacity) => {
    const one = { ...base, calls, capacity, replicas: 1, meanCall: 1, seconds: 1000 };
    const { refused, arrived } = simulateCalls(one);
    expect(off(refused / arrived, erlangB(calls, capacity))).toBeLessThan(0.25);
  });

  test('are spread evenly by least connections, and as Poisson says at random', () => {
    const { mostPerReplica: even } = simulateCalls(base);
    const { mostPerReplica: uneven } = simulateCalls({ ...base, balancing: 'at random' });
    // At random, one of ten replicas has 100 calls with a standard deviation of 10: the most of ten, in a while, 130.
    expect(even).toBeGreaterThan(100);
    expect(uneven).toBeGreaterThan(even + 5);
    expect(uneven).toBeLessThan(170);
  });

  test('of a replica that dies are lost, and their callers ring again', () => {
    const death = { at: 20, redial: 1, delay: 2 };
    const { lost, arrived, meanLive } = simulateCalls({ ...base, seconds: 60, death });
    const { arrived: without } = simulateCalls({ ...base, seconds: 60 });
    expect(off(lost, 100)).toBeLessThan(0.3);
    expect(off(arrived, without + lost)).toBeLessThan(0.1);
    expect(off(meanLive, 1000)).toBeLessThan(0.15);
  });

  test('that outlast a drain are lost: as many as exponential calls outlast it', () => {
    const rollout = { at: 0, batch: 10, every: 15, drainTimeout: 10 };
    const { lost, mostReplicas } = simulateCalls({ ...base, calls: 10_000, seconds: 11, rollout });
    expect(off(lost, 10_000 * Math.exp(-1))).toBeLessThan(0.1);
    expect(mostReplicas).toBe(20);
  });

  test('flood a new replica when balanced by least connections, and not at random', () => {
    const rolling = { ...base, seconds: 30, rollout: { at: 5, batch: 1, every: 15, drainTimeout: 300 } };
    const { mostPerSecondAtOne: flood } = simulateCalls(rolling);
    const { mostPerSecondAtOne: even } = simulateCalls({ ...rolling, balancing: 'at random' });
    expect(flood).toBeGreaterThan(2 * even);
  });
});

describe('a single thread, simulated', () => {
  test.each([0.3, 0.5, 0.8])('keeps them waiting as M/D/1 says at %d', (utilisation) => {
    const service = 0.001;
    const calls = { rate: utilisation / service, service };
    const { meanWait, utilisation: busy } = simulateQueue({ seed: 11, seconds: 200, calls });
    expect(off(busy, utilisation)).toBeLessThan(0.05);
    expect(off(meanWait, (utilisation * service) / (2 * (1 - utilisation)))).toBeLessThan(0.2);
  });

  test('is busy with what replicas ask one after the other, and says how long that lasts', () => {
    const beats = {
      replicas: 10,
      period: 5,
      requests: [{ count: 100, service: 0.001 }],
      roundTrip: 0.001,
    };
    const { utilisation, longestBeat } = simulateQueue({
      seed: 12,
      seconds: 50,
      calls: { rate: 1, service: 1e-6 },
      beats,
    });
    expect(off(utilisation, (10 * 100 * 0.001) / 5)).toBeLessThan(0.05);
    expect(longestBeat).toBeGreaterThan(100 * 0.002 - 0.001);
    expect(longestBeat).toBeLessThan(1);
  });

  test('is asked no more by a replica whose last sequence is not over: those turns are left out', () => {
    const requests = [{ count: 1000, service: 0.001 }];
    const beats = { replicas: 20, period: 5, requests, roundTrip: 0 };
    const calls = { rate: 10, service: 0.0001 };
    const [short, long] = [40, 80].map((seconds) => simulateQueue({ seed: 13, seconds, calls, beats }));
    // Each of twenty asks a thousand times, a millisecond each, and is answered with the others in turn.
    expect(off(long?.longestBeat ?? 0, 20)).toBeLessThan(0.2);
    expect(long?.utilisation).toBeGreaterThan(0.9);
    expect(long?.mostWait).toBeLessThan(2 * (short?.mostWait ?? 0));
    expect(long?.mostWait).toBeLessThan(0.1);
  });

  test('counts a sequence that is not over, and those of all who begin together once', () => {
    const beats = { replicas: 1, period: 5, requests: [{ count: 1000, service: 0.02 }], roundTrip: 0 };
    const calls = { rate: 1, service: 0.0001 };
    const { longestBeat: open } = simulateQueue({ seed: 14, seconds: 15, calls, beats });
    expect(open).toBeGreaterThanOrEqual(10);
    expect(open).toBeLessThanOrEqual(15);
    const once = { ...beats, together: true };
    const { longestBeat, requests } = simulateQueue({ seed: 14, seconds: 60, calls, beats: once });
    expect(off(longestBeat, 20)).toBeLessThan(0.05);
    expect(off(requests, 1000 + 60)).toBeLessThan(0.1);
  });
});
