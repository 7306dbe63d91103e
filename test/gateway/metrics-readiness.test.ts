import { afterEach, describe, expect, test, vi } from 'vitest';
import { observedScene, samples } from '../helpers/scrape.ts';

const { observed } = observedScene();

describe('/readyz while the event loop is late', () => {
  afterEach(() => void vi.useRealTimers());

  test('turns 503 after 5 s over 250 ms, and back when it is not any more', async () => {
    let p99 = 0;
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
    const gateway = await observed({ lag: { read: () => p99, close: () => {} } });
    const ready = async (after: number): Promise<number> => {
      vi.advanceTimersByTime(after);
      const answer = await fetch(`${gateway.http}/readyz`, { headers: { connection: 'close' } });
      return answer.status;
    };
    expect(await ready(10_000)).toBe(200);
    p99 = 251;
    expect(await ready(4000)).toBe(200);
    expect((await samples(gateway)).get('hookswitch_event_loop_lag_p99_seconds')).toBe(0.251);
    expect(await ready(1000)).toBe(503);
    expect(await ready(60_000)).toBe(503);
    p99 = 250;
    expect(await ready(1000)).toBe(200);
    // A pause in between begins the five seconds anew.
    for (const [lag, seconds] of [
      [251, 4],
      [250, 1],
      [251, 4],
    ] as const) {
      p99 = lag;
      expect(await ready(seconds * 1000)).toBe(200);
    }
  });
});

test('the real event loop is measured: a stall of half a second is seen', async () => {
  const gateway = await observed();
  const name = 'hookswitch_event_loop_lag_p99_seconds';
  await expect.poll(async () => (await samples(gateway)).get(name), { timeout: 10_000 }).toBeLessThan(0.2);
  const stalled = async (): Promise<number> => {
    const end = performance.now() + 400;
    while (performance.now() < end);
    return (await samples(gateway)).get(name) ?? 0;
  };
  await expect.poll(stalled, { timeout: 10_000 }).toBeGreaterThan(0.2);
});
