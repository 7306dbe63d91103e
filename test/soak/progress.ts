/** Told how many of all are done. */
export type Progress = (done: number) => void;

/** Milliseconds between two lines. */
const EVERY = 5000;

/** Says on standard error how far it is, how fast, and how long it will still take. */
export function progressOf(what: string, all: number): Progress {
  const since = performance.now();
  let last = since;
  return (done) => {
    const now = performance.now();
    if (now - last < EVERY) return;
    last = now;
    const rate = done / ((now - since) / 1000);
    const left = Math.ceil((all - done) / rate);
    process.stderr.write(`${what}: ${done} of ${all}, ${Math.round(rate)}/s, ${left} s left\n`);
  };
}
