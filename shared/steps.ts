import type { Step } from './carrier.ts';

/** Characters of one sentence: what Amazon Polly, which speaks for several carriers, takes in one request. */
export const MAX_SAY = 3000;

/** Up to the first step that nothing can follow; a hang-up when there is none. */
export function untilLast(steps: readonly Step[]): readonly Step[] {
  const last = steps.findIndex(({ type }) => type === 'redirect' || type === 'hangUp');
  return last < 0 ? [...steps, { type: 'hangUp' }] : steps.slice(0, last + 1);
}
