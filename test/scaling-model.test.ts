import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { chart } from '../bench/scaling/chart.ts';
import { readConstants, remeasured, valuesOf } from '../bench/scaling/constants.ts';
import type { main } from '../bench/scaling/main.ts';
import {
  burialSeconds,
  busiest,
  cellSize,
  knownBots,
  leftShare,
  limits,
  mediaOf,
  reachedAt,
  redisLoads,
  redisMemory,
  shareAt,
  sizeOf,
  sweptBots,
} from '../bench/scaling/model.ts';
import { withPart, written } from '../bench/scaling/page.ts';
import { redisScenarios } from '../bench/scaling/scenarios.ts';
import { defaultLimits } from '../gateway/limits.ts';
import { LEASE_BEATS } from '../gateway/sessions/redis/census.ts';
import { SLACK } from '../gateway/sessions/redis/history.ts';
import { OPERATION_TIMEOUT, PATIENCE } from '../gateway/sessions/redis/link.ts';
import { HISTORY_TTL } from '../gateway/sessions/redis/moves.ts';
import { BEAT } from '../gateway/sessions/redis/presence.ts';
import { TOKEN_TTL } from '../shared/start.ts';
import { readXml } from './helpers/read-xml.ts';

/** Runs for some seconds: here it is only type-checked. */
export type Main = typeof main;

const root = join(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const constants = readConstants(read('bench/scaling/constants.json'));
const of = valuesOf(constants);

describe('the model', () => {
  test('has constants that are there, each with a source', () => {
    expect(() => of('nothing')).toThrow('no constant nothing');
    for (const { name, what, kind, source, measured } of constants) {
      expect([name, what, source]).not.toContain('');
      expect([name, measured !== undefined]).toEqual([name, kind === 'measured']);
    }
  });

  test.each([
    ['beat', BEAT / 1000],
    ['operationTimeout', OPERATION_TIMEOUT / 1000],
    ['patience', PATIENCE / 1000],
    ['lease', (LEASE_BEATS * BEAT) / 1000],
    ['historySeconds', HISTORY_TTL / 1000],
    ['historySlack', SLACK],
    ['tokenSeconds', TOKEN_TTL / 1000],
    ['maxHistory', defaultLimits.maxHistory],
    ['maxPending', defaultLimits.maxPending],
  ])('has %s as the code has it', (name, value) => {
    expect(of(name)).toBe(value);
  });

  test.each([
    ['maxReplicas', 'deploy/kubernetes/scaling.yaml', /maxReplicas: (\d+)/],
    ['callsPerReplica', 'deploy/kubernetes/scaling.yaml', /averageValue: '(\d+)'/],
    ['callsPerBot', 'deploy/kubernetes/hookswitch.toml', /max_sessions = (\d+)/],
    ['maxSwept', 'gateway/sessions/redis/seats.ts', /MAX_SWEPT = (\d+)/],
    ['chunk', 'gateway/sessions/redis/chunks.ts', /CHUNK = (\d+)/],
    ['redisMemory', 'deploy/redis/redis.conf', /maxmemory (\d+)mb/],
    ['redisClients', 'deploy/redis/redis.conf', /maxclients (\d+)/],
  ])('has %s as %s has it', (name, path, pattern) => {
    expect(of(name)).toBe(Number(pattern.exec(read(path))?.[1]));
  });

  test('has endingSeconds as the code has it', () => {
    const [, digits = ''] = /ENDING_TTL = ([\d_]+)/.exec(read('gateway/sessions/redis/moves.ts')) ?? [];
    expect(of('endingSeconds')).toBe(Number(digits.replaceAll('_', '')) / 1000);
  });

  test.each([
    ['callerBytes', 'provider_to_server'],
    ['botBytes', 'server_to_provider'],
  ])('has %s as recorded', (name, from) => {
    const lines = read('providers/twilio/fixtures/stream.jsonl').trim().split('\n');
    const messages = lines.map(
      (line) => JSON.parse(line) as { direction: string; message: { event: string } },
    );
    const sizes = messages
      .filter(({ direction, message }) => direction === from && message.event === 'media')
      .map(({ message }) => JSON.stringify(message).length)
      .toSorted((one, other) => one - other);
    expect(of(name)).toBe(sizes[Math.floor(sizes.length / 2)]);
  });

  test('adds up the bandwidth of a call', () => {
    // 50 × (373 + 305 + 2 × (8 + 22 + 52)) bytes each way, when a bot speaks all the time.
    expect(mediaOf(of)).toEqual({ in: 42_100, out: 42_100, packets: 200 });
  });

  test('knows the day: the peak, the night, and the mean of the busiest hours', () => {
    expect(shareAt(14, 0.1)).toBeCloseTo(1);
    expect(shareAt(2, 0.1)).toBeCloseTo(0.1);
    expect(busiest(24, 0.1)).toBeCloseTo(0.55);
    expect(busiest(6, 0.1)).toBeCloseTo(0.55 + 0.45 * (Math.sin(Math.PI / 4) / (Math.PI / 4)), 3);
  });

  test('finds where a limit is reached', () => {
    expect(reachedAt({ used: ({ calls }) => calls / 12_345 }, of) / 12_345).toBeCloseTo(1, 2);
    expect(reachedAt({ used: () => 0 }, of)).toBe(Infinity);
  });

  test.each(limits(of))(
    'says of "$what" where it is reached, and it is reached by a million or not',
    (limit) => {
      const at = reachedAt(limit, of);
      expect(limit.used(sizeOf(1e6, of)) >= 1).toBe(at <= 1e6);
      expect(limit.used(sizeOf(at, of))).toBeGreaterThanOrEqual(0.98);
    },
  );

  const [small, medium] = [sizeOf(10_000, of), sizeOf(100_000, of)];

  test('keeps more busy with more calls, everywhere', () => {
    const before = redisLoads(small, of);
    for (const [row, load] of redisLoads(medium, of).entries()) {
      expect(load.cores).toBeGreaterThan(before[row]?.cores ?? Infinity);
    }
  });

  test('compares seats of as many bots as calls come and go, and of no more than it may', () => {
    // 300 calls of 180 s at a replica: one and two thirds begin in a second, and as many end.
    expect(sweptBots(sizeOf(90_000, of), of)).toBeCloseTo(16.7, 1);
    expect(sweptBots({ ...small, perSecond: 1e6 }, of)).toBe(of('maxSwept'));
    expect(sweptBots({ ...small, bots: 3 }, of)).toBe(3);
  });

  test('keeps of each agent what max_history says, and how a phone call ended for a quarter of an hour', () => {
    const endings = small.perSecond * of('endingSeconds') * of('endingBytes');
    const sessions = (redisMemory(small, of).ended - endings) / of('endedBytes');
    expect(sessions).toBeCloseTo(small.agents * (of('maxHistory') + of('historySlack')));
    const quiet = { ...small, perSecond: 0.001 };
    expect(redisMemory(quiet, of).ended).toBeLessThan(100_000);
  });

  test('has in a replica’s set the bots of its calls, and takes out those that are left', () => {
    // 300 calls and 8 that went, at a hundred thousand bots: hardly two at one, and none that stays when one goes.
    const many = { ...sizeOf(90_000, of), bots: 100_000 };
    expect(knownBots(many, of)).toBeCloseTo(300 + 300 / 36, 0);
    expect(leftShare(many)).toBeCloseTo(0.5);
    expect(redisMemory(many, of).bots).toBeCloseTo(300 * knownBots(many, of) * of('knownBotBytes'));
    // At three bots, a hundred of its calls each.
    const few = { ...many, bots: 3 };
    expect(knownBots(few, of)).toBeCloseTo(3);
    expect(leftShare(few)).toBeCloseTo(0);
  });

  test('asks for each bot that is swept, and once more where it is left', () => {
    const [, , , sweep] = redisLoads(medium, of);
    const swept = (medium.replicas / of('beat')) * sweptBots(medium, of);
    expect(sweep?.requests).toBeCloseTo(swept * (1 + leftShare(medium)));
    expect(leftShare(medium)).toBeGreaterThan(0.45);
  });

  test('buries a replica as quickly among many as among few: in requests for 200 calls or bots', () => {
    const among = (calls: number): number => burialSeconds(sizeOf(calls, of), of);
    // 4, and twice two for 300 calls, twice two for their bots.
    expect(among(90_000)).toBeGreaterThan(12 * of('roundTrip'));
    expect(among(90_000)).toBeLessThan(0.01);
    expect(among(900_000) / among(90_000)).toBeCloseTo(1, 1);
    const tenfold = { ...sizeOf(900_000, of), replicas: 300 };
    expect(burialSeconds(tenfold, of)).toBeGreaterThan(5 * among(90_000));
  });

  test('recommends a cluster in which no limit that stays is more than half full', () => {
    const most = sizeOf(cellSize(of), of);
    const used = limits(of).flatMap((limit) => (limit.isFinal ? [limit.used(most)] : []));
    expect(Math.max(...used) / of('target')).toBeCloseTo(1, 2);
  });

  test('says of ten thousand calls that Redis answers in time', () => {
    const all = redisScenarios(small, of);
    expect(all.map(({ isLate }) => isLate)).toEqual([false, false, false]);
  });
});

describe('what is written', () => {
  test('constants are taken from a benchmark, as medians; what it did not measure stays', () => {
    const constant = constants.find(({ name }) => name === 'seatCpu');
    if (typeof constant?.source !== 'object') throw new Error('it is measured');
    const { figure, ...where } = constant.source;
    const samples = [9, 3, 4.00049].map((value, index) => {
      return { ...where, round: index + 1, figures: { [figure]: value }, faults: [], marks: [] };
    });
    const machine = { cpu: 'a CPU', cores: [0, 1], date: '2027-01-01', node: '24.0.0' };
    const options = { rounds: 3, seconds: 5, quick: false };
    const taken = remeasured(constants, JSON.stringify({ machine, options, samples }));
    expect(valuesOf(taken)('seatCpu')).toBe(4);
    expect(valuesOf(taken)('relayCpu')).toBe(of('relayCpu'));
    expect(taken.find(({ name }) => name === 'seatCpu')?.measured).toBe(
      '2027-01-01, 2 cores of a CPU, Node 24.0.0, a whole run',
    );
    const disturbed = samples.map((sample) => ({ ...sample, marks: ['disturbed'] }));
    const quick = { ...options, quick: true };
    const rough = remeasured(constants, JSON.stringify({ machine, options: quick, samples: disturbed }));
    expect(rough.find(({ name }) => name === 'seatCpu')?.measured).toContain('a quick run on a busy machine');
    expect(() => remeasured(constants, '{}')).toThrow('machine');
  });

  test.each([
    [0, '0'],
    [0.01234, '0.0123'],
    [7.126, '7.13'],
    [74.5, '74.5'],
    [1234.5, '1,235'],
  ])('%d is written as %s', (value, text) => {
    expect(written(value)).toBe(text);
  });

  test.each(['simulation', 'constants'] as const)(
    'goes between the markers of docs/scaling.md for the %s, and leaves the rest',
    (part) => {
      const page = read('docs/scaling.md');
      const twice = withPart(page, part, 'RESULT');
      expect(twice).toContain(`\n\nRESULT\n\n<!-- ${part}: end -->`);
      expect(withPart(twice, part, 'RESULT')).toBe(twice);
      expect(() => withPart('no place', part, 'RESULT')).toThrow(`no place for the ${part}`);
    },
  );

  test('docs/scaling.md and .svg have the constants of the repository', () => {
    for (const { name, value } of constants) {
      expect(read('docs/scaling.md')).toMatch(new RegExp(`\\| \`${name}\` +\\| +${written(value)} `));
    }
    expect(read('docs/scaling.svg')).toBe(chart(of));
  });

  test('the chart is well-formed', () => {
    expect(readXml(chart(of)).attributes['viewBox']).toBe('0 0 760 360');
  });
});
