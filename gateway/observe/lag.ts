import { monitorEventLoopDelay } from 'node:perf_hooks';

/** Milliseconds between two looks of the event loop at the clock: a stall of half a look can go unseen. */
const RESOLUTION = 20;
/** Milliseconds between two readings. */
const READING = 1000;
/** Milliseconds: the 99th percentile of a reading above which this process is late. Audio comes in pieces of 20 ms. */
export const MAX_LAG = 250;
/** Milliseconds it must have been late without a break before new calls go elsewhere: one collection is no overload. */
export const MAX_LATE = 5000;

/** How late the event loop was since the last reading. */
export interface LagSource {
  /** 99th percentile since the last call, milliseconds. */
  readonly read: () => number;
  readonly close: () => void;
}

/** The delays of this process's own event loop. */
export function eventLoopLag(): LagSource {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION });
  delays.enable();
  return {
    read() {
      // Node counts the whole time between two looks.
      const lag = delays.count === 0 ? 0 : Math.max(0, delays.percentile(99) / 1e6 - RESOLUTION);
      delays.reset();
      return lag;
    },
    close: () => void delays.disable(),
  };
}

export interface LagWatch {
  /** As last read, milliseconds. */
  readonly lag: number;
  /** Over MAX_LAG for MAX_LATE: whoever can should send new calls elsewhere. */
  readonly isLate: boolean;
  readonly close: () => void;
}

/** Reads every second. `clock`: milliseconds of a clock that never jumps. */
export function watchLag(source: LagSource, clock: () => number = () => performance.now()): LagWatch {
  let lag = 0;
  let punctual = clock();
  let isLate = false;
  const timer = setInterval(() => {
    lag = source.read();
    const now = clock();
    if (lag <= MAX_LAG) punctual = now;
    isLate = now - punctual >= MAX_LATE;
  }, READING);
  timer.unref();
  return {
    get lag() {
      return lag;
    },
    get isLate() {
      return isLate;
    },
    close() {
      clearInterval(timer);
      source.close();
    },
  };
}
