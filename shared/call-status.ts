import { lookUp } from './table.ts';

/** How a call gets on, in words all carriers share. */
export const CALL_PROGRESS = ['queued', 'ringing', 'answered'] as const;
/** How a call ends. `completed` was answered before; the others never were. */
export const CALL_ENDS = ['completed', 'busy', 'no-answer', 'failed', 'canceled'] as const;

/** What every callback of a carrier may say about itself. */
interface Told {
  /** The carrier's clock, milliseconds since the epoch; null where it does not say. */
  readonly sentAt: number | null;
  /** The carrier's own count of the callbacks of this call; null where it has none. */
  readonly sequence: number | null;
}

export interface CallProgress extends Told {
  readonly type: (typeof CALL_PROGRESS)[number];
}

export interface CallEnd extends Told {
  readonly type: (typeof CALL_ENDS)[number];
  /** Whole seconds the call lasted, as the carrier counts them; null where it does not say. */
  readonly duration: number | null;
  /** Why the carrier says it ended, in its own words or numbers; null where it does not say. */
  readonly cause: string | null;
}

export interface StreamNotice extends Told {
  readonly type: 'stream-started' | 'stream-stopped';
  /** Null where the callback does not name it. */
  readonly streamId: string | null;
}

export interface StreamFault extends Told {
  /** `stream-degraded`: it goes on, but audio is late or was dropped. */
  readonly type: 'stream-error' | 'stream-degraded';
  readonly streamId: string | null;
  /** The carrier's error number; null where it has none. */
  readonly code: string | null;
  /** What the carrier wrote, cut; empty when it wrote nothing. */
  readonly said: string;
  /** What that means, and what to do about it: sentences of ours, from the carrier's own pages. */
  readonly meaning: string;
  readonly cure: string;
}

/** What a carrier tells about a call beside its webhook and its socket. */
export type CallEvent = CallProgress | CallEnd | StreamNotice | StreamFault;

/** A carrier's own words for how a call gets on and ends. */
export type CallWords = Readonly<Record<string, (CallProgress | CallEnd)['type']>>;

/** What a word of a carrier says; null for one that is not in `words`. `end`: what is said of a call that is over. */
export function callEventOf(
  words: CallWords,
  word: string,
  told: Told,
  end: () => Pick<CallEnd, 'duration' | 'cause'> & Partial<Told>,
): CallProgress | CallEnd | null {
  const type = lookUp(words, word);
  if (!type) return null;
  if (type === 'queued' || type === 'ringing' || type === 'answered') return { type, ...told };
  return { type, ...told, ...end() };
}

/** One callback, read. */
export interface CallNotice {
  /** The carrier's: the one its voice webhook names. */
  readonly callId: string;
  /** Null for what is genuine and of no interest here, or was not known when this was written. */
  readonly event: CallEvent | null;
}

/** The same event, kept: `at` is when we were told first, in milliseconds since the epoch. */
export interface KeptEvent {
  readonly event: CallEvent;
  readonly at: number;
}

/** Characters kept of one text of a carrier. */
export const MAX_TOLD_TEXT = 256;

/** Text of a carrier as it is kept: cut, and without control characters. */
export function toldText(text: string, max: number = MAX_TOLD_TEXT): string {
  return text
    .replace(/[\p{Cc}\p{Cf}]+/gu, ' ')
    .trim()
    .slice(0, max);
}

export function isCallEnd(event: CallEvent): event is CallEnd {
  return (CALL_ENDS as readonly string[]).includes(event.type);
}

/** What follows what when two clocks cannot tell: carriers give whole seconds, or nothing. */
const RANKS: Readonly<Record<CallEvent['type'], number>> = {
  queued: 0,
  ringing: 1,
  answered: 2,
  'stream-started': 3,
  'stream-degraded': 4,
  'stream-error': 5,
  'stream-stopped': 6,
  completed: 7,
  busy: 7,
  'no-answer': 7,
  failed: 7,
  canceled: 7,
};

/** In the order in which it happened, however it came: a call's end is last, all else goes by the carrier's clock. */
export function inOrder(kept: Iterable<KeptEvent>): KeptEvent[] {
  return [...kept].toSorted(
    (one, other) =>
      Number(isCallEnd(one.event)) - Number(isCallEnd(other.event)) ||
      (one.event.sentAt ?? one.at) - (other.event.sentAt ?? other.at) ||
      RANKS[one.event.type] - RANKS[other.event.type] ||
      (one.event.sequence ?? 0) - (other.event.sequence ?? 0) ||
      one.at - other.at,
  );
}

const ISO = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)$/;
const MAIL = /^(?:[A-Z][a-z]{2}, )?\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d (?:[+-]\d{4}|GMT|UTC)$/;

/** An instant as ISO 8601 or RFC 2822 write it, in milliseconds since the epoch; null for one without a time zone, or none. */
export function instantOf(text: string | undefined): number | null {
  if (text === undefined || !(ISO.test(text) || MAIL.test(text))) return null;
  const at = Date.parse(ISO.test(text) ? text.replace(' ', 'T') : text);
  return Number.isNaN(at) ? null : at;
}

/** A count, or whole seconds; null for anything else. */
export function wholeOf(text: string | undefined): number | null {
  return text !== undefined && /^[0-9]{1,9}$/.test(text) ? Number(text) : null;
}
