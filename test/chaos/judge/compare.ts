/** What can be wrong with a row of messages. */
export type Flaw = 'lost' | 'changed' | 'reordered' | 'foreign' | 'duplicated';

export interface Row {
  /** Messages as sent and as they arrived, each as one text that is the same for the same message. */
  readonly sent: readonly string[];
  readonly got: readonly string[];
  /** True for a message of another call. */
  readonly isForeign: (message: string) => boolean;
}

export interface Comparison {
  readonly flaws: Readonly<Partial<Record<Flaw, number>>>;
  /** How many of those sent arrived, from the first one on, before any flaw. */
  readonly arrived: number;
}

/** Messages looked at ahead and back: what is farther away was not moved, but lost and forged. */
const WINDOW = 1000;

/** Is `got` exactly the beginning of `sent`? Otherwise: in which way not. That the end of `sent` is missing is no flaw. */
export function compare({ sent, got, isForeign }: Row): Comparison {
  const missing = new Tally();
  const flaws = { lost: 0, changed: 0, reordered: 0, foreign: 0, duplicated: 0 };
  let arrived: number | null = null;
  let next = 0;

  got.forEach((message, index) => {
    if (sent[next] === message) {
      next += 1;
      return;
    }
    arrived ??= index;
    const ahead = sent.slice(next, next + WINDOW).indexOf(message);
    if (missing.take(message)) {
      flaws.reordered += 1; // it was skipped, and comes after all
    } else if (ahead !== -1) {
      for (const skipped of sent.slice(next, next + ahead)) missing.add(skipped);
      next += ahead + 1;
    } else if (sent.slice(Math.max(0, next - WINDOW), next).includes(message)) {
      flaws.duplicated += 1;
    } else if (isForeign(message)) {
      flaws.foreign += 1;
    } else {
      flaws.changed += 1;
      if (got[index + 1] !== sent[next]) next += 1; // it stands in the place of the one that was sent
    }
  });
  flaws.lost = missing.count;
  const found = Object.entries(flaws).filter(([, count]) => count > 0);
  return { flaws: Object.fromEntries(found), arrived: arrived ?? got.length };
}

/** Messages and how often each. */
class Tally {
  count = 0;
  readonly #counts = new Map<string, number>();

  add(message: string): void {
    this.#counts.set(message, (this.#counts.get(message) ?? 0) + 1);
    this.count += 1;
  }

  take(message: string): boolean {
    const count = this.#counts.get(message) ?? 0;
    if (count === 0) return false;
    this.#counts.set(message, count - 1);
    this.count -= 1;
    return true;
  }
}
