import { expect, test, vi } from 'vitest';
import { deadline } from '../../gateway/deadline.ts';

test('a deadline fires once its time is over and what had arrived is read', async () => {
  const order: string[] = [];
  const late = new Promise<void>((resolve) => {
    deadline(() => {
      order.push('late');
      resolve();
    }, 20);
  });
  // Stands still until long after the deadline; meanwhile, something else becomes due.
  setTimeout(() => order.push('due as well'), 30);
  const until = performance.now() + 60;
  while (performance.now() < until);
  await late;
  expect(order).toEqual(['due as well', 'late']);
});

test('called off in time, it never fires', async () => {
  const late = vi.fn<() => void>();
  const callOff = deadline(late, 20);
  setTimeout(callOff, 5);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(late).not.toHaveBeenCalled();
});
