/** Milliseconds to finish calls after a bug brought the process down. */
export const CRASH_DRAIN = 10_000;
