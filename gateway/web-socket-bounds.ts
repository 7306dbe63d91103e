import type { Limits } from './limits.ts';

/** Options of ws 8.23 that @types/ws 8.18 does not know yet, beside one that it does: the same on both legs. */
export function webSocketBounds(limits: Limits): { maxPayload: number } {
  const { maxMessageBytes: maxPayload, maxFragments, closeTimeout } = limits;
  const bounds = { maxPayload, maxFragments, closeTimeout };
  return bounds;
}
