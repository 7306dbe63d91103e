import * as fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { MAX_BACKOFF, MIN_BACKOFF } from '../../gateway/limits.ts';
import { outages, type Outages } from '../../gateway/pools/outages.ts';

const BOT = 'ws://10.0.0.1/ws';
const refused = new Error('refused');

let now: number;
let told: (string | null)[];
let known: Outages;

beforeEach(() => {
  now = 0;
  told = [];
  known = outages({ now: () => now, tell: (_, failure) => void told.push(failure?.message ?? null) });
});

/** How long it is out from now on, found by asking every millisecond. */
function backoff(): number {
  const since = now;
  while (known.isOut(BOT)) now += 1;
  return now - since;
}

describe('a bot that did not take a call', () => {
  test('is out for a second, then twice as long each time, up to thirty', () => {
    const lasted = Array.from({ length: 8 }, () => {
      known.failed(BOT, refused);
      return backoff();
    });
    expect(lasted).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
    expect([MIN_BACKOFF, MAX_BACKOFF]).toEqual([1000, 30_000]);
  });

  test('has failed once, however many calls notice it at the same time', () => {
    for (let call = 0; call < 1000; call += 1) known.failed(BOT, refused);
    expect(backoff()).toBe(MIN_BACKOFF);
  });

  test('is back, and as good as new, when it takes a call', () => {
    known.failed(BOT, refused);
    backoff();
    known.failed(BOT, refused);
    known.answered(BOT);
    expect(known.isOut(BOT)).toBe(false);
    known.failed(BOT, refused);
    expect(backoff()).toBe(MIN_BACKOFF);
  });

  test('is back when a health check goes well', () => {
    known.failed(BOT, refused);
    known.checked(BOT, null);
    expect(known.isOut(BOT)).toBe(false);
  });

  test('is told about once, and so is its return', () => {
    for (let attempt = 0; attempt < 3; attempt += 1) {
      known.failed(BOT, refused);
      backoff();
    }
    known.answered(BOT);
    known.answered(BOT);
    expect(told).toEqual(['refused', null]);
  });

  test('does not take another one out', () => {
    known.failed(BOT, refused);
    expect(known.isOut('ws://10.0.0.2/ws')).toBe(false);
  });
});

describe('a bot whose health check went wrong', () => {
  test('is out until one goes well, however long, and whatever calls it takes', () => {
    known.checked(BOT, refused);
    now += 3_600_000;
    known.checked(BOT, refused);
    known.answered(BOT);
    expect(known.isOut(BOT)).toBe(true);
    known.checked(BOT, null);
    expect(known.isOut(BOT)).toBe(false);
    expect(told).toEqual(['refused', null]);
  });

  test('is still told about once when its dials fail too', () => {
    known.checked(BOT, refused);
    known.failed(BOT, refused);
    known.checked(BOT, refused);
    known.checked(BOT, null);
    expect(told).toEqual(['refused', null]);
  });
});

test('a bot that is not there any more is forgotten without a word', () => {
  known.failed(BOT, refused);
  known.keep(new Set());
  expect(known.isOut(BOT)).toBe(false);
  known.answered(BOT);
  expect(told).toEqual(['refused']);
});

test('whatever happens, no bot is out for longer than the last back-off, and out and in are told in turn', () => {
  const step = fc.oneof(
    fc.constantFrom('failed' as const, 'answered' as const, 'good' as const, 'bad' as const),
    fc.nat(40_000),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      now = 0;
      told = [];
      known = outages({ now: () => now, tell: (_, failure) => void told.push(failure?.message ?? null) });
      for (const what of steps) {
        if (typeof what === 'number') now += what;
        else if (what === 'failed') known.failed(BOT, refused);
        else if (what === 'answered') known.answered(BOT);
        else known.checked(BOT, what === 'bad' ? refused : null);
      }
      const isSick = steps.findLast((what) => what === 'good' || what === 'bad') === 'bad';
      now += MAX_BACKOFF;
      expect(known.isOut(BOT)).toBe(isSick);
      expect(told).toEqual(told.map((_, index) => (index % 2 === 0 ? 'refused' : null)));
    }),
  );
});
