import type { Clock } from './clock.ts';
import type { EntryType, TimelineEntry } from './report.ts';

/** The timeline of one call as it grows. */
export interface CallLog {
  readonly entries: readonly TimelineEntry[];
  /** `lineMs`: where the stream's audio is; null outside a stream. Returns when it was, in ms since the call began. */
  add(type: EntryType, text: string, lineMs?: number | null): number;
  /** For what is known only later: takes its place in the timeline. */
  insert(entry: TimelineEntry): void;
  /** Milliseconds since the call began. */
  elapsed(): number;
}

export function callLog(clock: Clock, onEvent: (entry: TimelineEntry) => void): CallLog {
  const began = clock.now();
  const entries: TimelineEntry[] = [];
  const elapsed = (): number => Math.round((clock.now() - began) * 10) / 10;
  return {
    entries,
    elapsed,
    insert(entry) {
      const next = entries.findIndex(({ atMs }) => atMs > entry.atMs);
      entries.splice(next < 0 ? entries.length : next, 0, entry);
    },
    add(type, text, lineMs = null) {
      const entry = { atMs: elapsed(), lineMs: lineMs === null ? null : Math.round(lineMs), type, text };
      entries.push(entry);
      onEvent(entry);
      return entry.atMs;
    },
  };
}
