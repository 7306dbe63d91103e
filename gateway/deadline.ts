/**
 * Calls `late` after `delay` milliseconds, and after whatever arrived meanwhile has been read: when this process itself
 * stood still, nobody else is blamed for it. Returns what calls it off.
 */
export function deadline(late: () => void, delay: number): () => void {
  let immediate: NodeJS.Immediate | undefined;
  const timer = setTimeout(() => {
    immediate = setImmediate(late);
  }, delay);
  return () => {
    clearTimeout(timer);
    clearImmediate(immediate);
  };
}
