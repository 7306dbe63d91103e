/** Milliseconds of silence inside the bot's audio that count as a gap; longer ones are pauses in its speech. */
export const LONGEST_GAP = 200;

/** The carrier's end of the bot's audio: kept in order, played by the line's clock. */
export interface Playback {
  push(samples: Int16Array): void;
  /** True when nothing waits before the mark: it is due at once. Otherwise it is due when `play` says so. */
  mark(name: string): boolean;
  /** Forgets all that waits. Returns the marks that waited with it. */
  clear(): readonly string[];
  /** The next samples the caller hears, filled up with silence, and the marks that are due with them. */
  play(count: number): { readonly samples: Int16Array; readonly marks: readonly string[] };
  /** Samples that wait. */
  waiting(): number;
  readonly gaps: { readonly count: number; readonly ms: number };
}

type Item = Int16Array | string;

export function playback(sampleRate: number): Playback {
  let queue: Item[] = [];
  let gaps = { count: 0, ms: 0 };
  /** Samples of silence since the bot was last heard; Infinity when that was a decision. */
  let silence = Number.POSITIVE_INFINITY;

  function resume(): void {
    const ms = (silence * 1000) / sampleRate;
    if (ms > 0 && ms < LONGEST_GAP) gaps = { count: gaps.count + 1, ms: gaps.ms + ms };
    silence = 0;
  }

  /** Takes samples off the head of the queue, at most `room`; marks on the way go to `marks`. */
  function take(room: number, marks: string[]): Int16Array | null {
    const head = queue[0];
    if (head === undefined || (room === 0 && typeof head !== 'string')) return null;
    queue.shift();
    if (typeof head === 'string') {
      marks.push(head);
      return new Int16Array(0);
    }
    if (head.length > room) queue.unshift(head.subarray(room));
    return head.subarray(0, room);
  }

  return {
    push(samples) {
      if (samples.length > 0) queue.push(samples);
    },
    mark(name) {
      if (queue.length === 0) return true;
      queue.push(name);
      return false;
    },
    clear() {
      const marks = queue.filter((item) => typeof item === 'string');
      queue = [];
      silence = Number.POSITIVE_INFINITY;
      return marks;
    },
    play(count) {
      const samples = new Int16Array(count);
      const marks: string[] = [];
      let filled = 0;
      for (let part = take(count, marks); part !== null; part = take(count - filled, marks)) {
        if (part.length > 0) resume();
        samples.set(part, filled);
        filled += part.length;
      }
      silence += count - filled;
      return { samples, marks };
    },
    waiting: () => queue.reduce((sum, item) => sum + (typeof item === 'string' ? 0 : item.length), 0),
    get gaps() {
      return gaps;
    },
  };
}
