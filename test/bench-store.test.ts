import { describe, expect, test } from 'vitest';
import { OURS_MEMORY, OURS_NO_DISK, OURS_REDIS } from '../bench/contestants.ts';
import { readCounters, roundTripCounter } from '../bench/redis.ts';
import { difference, type Sample } from '../bench/samples.ts';
import { tables } from '../bench/tables.ts';

/** Rounds of a contestant that starts sessions. */
function samplesOf(
  contestant: string,
  latencies: readonly number[],
  more: Readonly<Record<string, number>> = {},
): Sample[] {
  return latencies.map((latency, index) => {
    const figures = { p50_ms: latency, ...more };
    const where = { measurement: 'store', load: '/start', contestant, round: index + 1 };
    return { ...where, figures, faults: [], marks: [] };
  });
}

test('a difference is taken within a round, and may be below 0', () => {
  const samples = [...samplesOf(OURS_REDIS, [10, 40, 12]), ...samplesOf(OURS_MEMORY, [11, 20, 10])];
  const where = { measurement: 'store', load: '/start', contestant: OURS_REDIS };
  expect(difference(samples, where, 'p50_ms', OURS_MEMORY)).toEqual({ median: 2, min: -1, max: 20 });
  expect(difference(samples, where, 'p50_ms', OURS_NO_DISK)).toBeNull();
});

describe('what Redis says', () => {
  const info = [
    'used_memory:1000',
    'used_memory_human:1K',
    'total_net_input_bytes:20',
    'total_net_output_bytes:30',
    'used_cpu_sys:0.25',
    'used_cpu_user:0.5',
    'used_cpu_user_children:9',
    'cmdstat_hgetall:calls=3,usec=1',
    'cmdstat_get:calls=4,usec=1',
    'cmdstat_info:calls=100,usec=1',
    'cmdstat_client|setinfo:calls=100,usec=1',
  ].join('\r\n');

  test('is counted, without the questions themselves', () => {
    expect(readCounters(info)).toEqual({
      commands: 7,
      beats: 3,
      inBytes: 20,
      outBytes: 30,
      cpuSeconds: 0.75,
      memoryBytes: 1000,
    });
    expect(() => readCounters('used_memory:1')).toThrow('Redis says nothing of total_net_input_bytes');
  });

  test('is as many round trips as there are transactions and commands outside', () => {
    const { saw, total } = roundTripCounter();
    const lines = [
      '1.1 [0 127.0.0.1:1] "MULTI"',
      '1.2 [0 127.0.0.1:1] "SET" "a" "{\\"exec\\": 1}"',
      '1.3 [0 127.0.0.1:2] "get" "b"',
      '1.4 [0 127.0.0.1:1] "GET" "c"',
      '1.5 [0 127.0.0.1:1] "EXEC"',
      '1.6 [0 127.0.0.1:3] "INFO"',
      '1.7 [0 127.0.0.1:1] "getdel" "d"',
    ];
    for (const line of lines) saw(line);
    expect(total()).toBe(3);
  });

  test('stands in the tables beside memory, as a multiple and as a difference', () => {
    const samples = [
      ...samplesOf(OURS_MEMORY, [1], { per_s: 1000 }),
      ...samplesOf(OURS_REDIS, [3], { per_s: 500, redis_commands: 12 }),
    ];
    const text = tables(samples).replaceAll(/ +/g, ' ');
    expect(text).toContain('### Session store: /start');
    expect(text).toContain('| hookswitch, memory | 1,000 | 1.00 | 1.00 | 0.00 | – |');
    expect(text).toContain('| hookswitch, Redis | 500 | 0.50 | 3.00 | 2.00 | 12.0 |');
  });
});
