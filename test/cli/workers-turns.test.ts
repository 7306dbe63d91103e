import { expect, test } from 'vitest';
import { fairTurns } from '../../cli/supervisor-turns.ts';

/** Calls of each worker after 1,000 calls, when connections go round in turn, and each call is so many of them. */
function afterCalls(workers: number, connections: number, before: readonly number[] = []): number[] {
  const calls = Array.from({ length: workers }, (_, index) => before[index] ?? 0);
  let turn = 0;
  const landed = fairTurns(
    () => calls,
    () => (turn += 1),
  );
  for (let count = 0; count < 1000; count += 1) {
    turn += connections;
    const index = turn % workers;
    calls[index] = (calls[index] ?? 0) + 1;
    landed(index);
  }
  return calls;
}

test.each([
  [2, 1],
  [2, 2],
  [2, 3],
  [2, 4],
  [3, 1],
  [3, 2],
  [3, 3],
  [4, 1],
  [4, 2],
  [4, 4],
  [8, 2],
])('%i workers share calls of %i connections', (workers, connections) => {
  const calls = afterCalls(workers, connections);
  const share = 1000 / workers;
  expect(Math.min(...calls)).toBeGreaterThan(0.6 * share);
  expect(Math.max(...calls)).toBeLessThan(1.4 * share);
});

test('turns that are fair already are left alone, also by workers of unequal pasts', () => {
  expect(afterCalls(2, 1, [20, 0])).toEqual([520, 500]);
});
