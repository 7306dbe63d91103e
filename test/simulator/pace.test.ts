import { expect, test } from 'vitest';
import type { Clock } from '../../simulator/clock.ts';
import { eagerPace, steadyPace } from '../../simulator/pace.ts';

/** A clock that stands still unless somebody sleeps, and then oversleeps. */
function sleepyClock(oversleep: number): Clock & { now: () => number } {
  let time = 1000;
  return {
    now: () => time,
    async sleep(ms) {
      time += ms + oversleep;
    },
  };
}

test.each([1, 2, 10])('at speed %d slots keep their schedule although every sleep is late', async (speed) => {
  const clock = sleepyClock(1.5);
  const pace = steadyPace(speed, clock);
  for (let slot = 0; slot < 500; slot += 1) await pace.end(slot);
  const expected = 1000 + (500 * 20) / speed;
  expect(clock.now() - expected).toBeGreaterThanOrEqual(0);
  expect(clock.now() - expected).toBeLessThanOrEqual(1.5);
  expect(pace.position()).toBeCloseTo(500 * 20 + (clock.now() - expected) * speed, 3);
});

test('a slot that comes late is called late, and those after it catch up', async () => {
  const clock = sleepyClock(0);
  const pace = steadyPace(1, clock);
  await pace.end(0);
  expect(pace.lateness(1)).toBe(0);
  await clock.sleep(50);
  expect(pace.lateness(1)).toBe(50);
  for (const [slot, late] of [40, 30, 20, 10, 0, 0].entries()) {
    await pace.end(slot + 1);
    expect(pace.lateness(slot + 2)).toBe(late);
  }
});

test('an eager slot ends as soon as the other side says something, and its clock counts slots', async () => {
  const pace = eagerPace();
  const began = performance.now();
  for (let slot = 0; slot < 100; slot += 1) {
    setImmediate(() => pace.wake());
    await pace.end(slot);
    expect(pace.position()).toBe((slot + 1) * 20);
  }
  expect(performance.now() - began).toBeLessThan(400);
});

test('an eager slot ends without an answer as well', async () => {
  const pace = eagerPace();
  pace.wake();
  for (let slot = 0; slot < 5; slot += 1) await pace.end(slot);
  expect(pace.position()).toBe(100);
});
