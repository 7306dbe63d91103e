import type { Socket } from 'node:net';
import {
  answerHead,
  callTo,
  headerIn,
  openEnd,
  requestHead,
  type End,
  type Lane,
  type Seen,
} from './ends.ts';
import { seen, type Frame, type Piece, type Side } from './frames.ts';

/** One thing that one of the two ends does. Those that wait give up after a while: the comparison then says why. */
export type Step = { readonly side: Side } & (
  | { readonly does: 'send'; readonly pieces: readonly Piece[]; readonly cuts?: readonly number[] }
  | { readonly does: 'fin' | 'reset' }
  /** Waits for so many frames, for a close frame, for the end, for a part of a frame. */
  | { readonly does: 'wait'; readonly for: number | 'close' | 'end' | 'part' }
);

/** What an end sees through a gateway where that is not what it sees without one. */
export interface Expected {
  /** An expression where the words are left to the gateway. */
  readonly frames: readonly (string | RegExp)[];
  readonly unfinished?: boolean;
  /** "gone": a FIN or a RST, as it happens. */
  readonly end: Seen['end'] | 'gone';
}

export interface Case {
  readonly name: string;
  readonly script: readonly Step[];
  /** Frames in the segment of the upgrade request, and in that of its answer. */
  readonly glued?: Readonly<Partial<Record<Side, readonly Piece[]>>>;
  /** Sent by the caller while the bot that was dialled has not answered yet. */
  readonly early?: readonly Piece[];
  /** Header lines of the request, and of the answer. */
  readonly lines?: Readonly<Partial<Record<Side, readonly string[]>>>;
  /** The law is that what is seen through a gateway is what is seen without. Where it must differ, this is why. */
  readonly instead?: Readonly<Partial<Record<Side, Expected>>>;
  /** Both ends finish a closing handshake that they did not begin. */
  readonly polite?: boolean;
}

/** A way from a caller to the bot of a lane. */
export interface Route {
  readonly name: string;
  port(lane: Lane): number;
  path(lane: Lane): string;
  /** What a carrier says first. */
  readonly opening: readonly Frame[];
  /** Offsets at which that is cut into segments. */
  readonly openingCuts?: readonly number[];
  readonly isDirect: boolean;
}

/** Headers of the handshake that the tables ask for. */
export interface Shaken {
  readonly subprotocol: string | null;
  readonly extensions: string | null;
}

export interface Played {
  readonly caller: Seen;
  readonly bot: Seen;
  /** What the caller was answered, and what the bot was asked. */
  readonly handshake: Readonly<Record<Side, Shaken>>;
}

/** Milliseconds until a step that waits gives up: far above the closeTimeout of a gateway under test. */
const PATIENCE = 4000;

/** Plays a case once, from the handshake on. `patience`: milliseconds. */
export async function play(
  played: Case,
  route: Route,
  lane: Lane,
  patience: number = PATIENCE,
): Promise<Played> {
  const { script, early, glued, lines, polite = false } = played;
  const sockets: Socket[] = [];
  const arrival = lane.next();
  try {
    const wire = callTo(route.port(lane));
    sockets.push(wire);
    const caller = openEnd('caller', wire, polite);
    await open(caller, played, route, lane);
    const botWire = await within(patience, arrival, 'no bot was dialled');
    sockets.push(botWire);
    const bot = openEnd('bot', botWire, polite);
    const request = await bot.head;
    if (early) {
      void caller.send(early);
      await turns(3);
    }
    bot.greet(answerHead(request, lines?.bot), glued?.bot);
    const answer = await within(patience, caller.head, 'the caller was not answered');
    const ends = { caller, bot };
    for (const step of script) await take(step, ends, route.opening.length, patience);
    const isOpenEnded = played.instead !== undefined && route.isDirect;
    await settle(ends, isOpenEnded, isOpenEnded ? 200 : patience);
    const handshake = { caller: shaken(answer), bot: shaken(request) };
    return { caller: caller.seen(), bot: bot.seen(), handshake };
  } finally {
    sockets.forEach((socket) => socket.destroy());
  }
}

/** A carrier says its first messages when it is answered, or before; nobody else has any. */
async function open(caller: End, { lines, glued }: Case, route: Route, lane: Lane): Promise<void> {
  const request = requestHead(route.path(lane), lines?.caller);
  if (glued?.caller) return caller.greet(request, [...route.opening, ...glued.caller]);
  caller.greet(request);
  if (route.opening.length === 0) return;
  await caller.head;
  await caller.send(route.opening, route.openingCuts);
}

/** Of the event loop: whatever was written has been read by whoever reads in this process. */
async function turns(count: number): Promise<void> {
  if (count === 0) return;
  await new Promise((resolve) => setImmediate(resolve));
  await turns(count - 1);
}

function shaken(head: string): Shaken {
  return {
    subprotocol: headerIn(head, 'sec-websocket-protocol'),
    extensions: headerIn(head, 'sec-websocket-extensions'),
  };
}

async function within<T>(patience: number, promise: Promise<T>, complaint: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(complaint)), patience);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

async function take(step: Step, ends: Record<Side, End>, opening: number, patience: number): Promise<void> {
  const end = ends[step.side];
  switch (step.does) {
    case 'send':
      return end.send(step.pieces, step.cuts);
    case 'fin':
      return end.fin();
    case 'reset':
      return end.reset();
    case 'wait': {
      const before = step.side === 'bot' ? opening : 0;
      await end.until(() => hasCome(end.seen(), step.for, before), patience);
    }
  }
}

function hasCome(
  { frames, unfinished, end }: Seen,
  what: (Step & { readonly does: 'wait' })['for'],
  before: number,
): boolean {
  if (end !== 'open') return true;
  if (what === 'end') return false;
  if (what === 'close') return frames.some((frame) => frame.startsWith('close'));
  if (what === 'part') return unfinished;
  return frames.length >= before + what;
}

/** Until both connections have ended; where nobody will end one, until all that was sent has come. */
async function settle(
  { caller, bot }: Record<Side, End>,
  isOpenEnded: boolean,
  patience: number,
): Promise<void> {
  const done = (end: End, other: End) => (): boolean =>
    end.seen().end !== 'open' || (isOpenEnded && end.bytes.received >= other.bytes.sent);
  await Promise.all([caller.until(done(caller, bot), patience), bot.until(done(bot, caller), patience)]);
}

type Comparable = { readonly frames: readonly string[]; readonly unfinished: boolean; readonly end: string };

export interface Verdict {
  readonly expected: Readonly<Record<Side, Comparable>>;
  readonly actual: Readonly<Record<Side, Comparable>>;
}

/** What should have been seen through a gateway and what was: equal when it did as it should. */
export function judge(played: Case, direct: Played, through: Played, opening: readonly Frame[]): Verdict {
  const opened = opening.map((frame) => seen(frame, 'caller'));
  const caller = compare(played.instead?.caller ?? direct.caller, through.caller, []);
  const bot = compare(played.instead?.bot ?? direct.bot, through.bot, opened);
  return {
    expected: { caller: caller.expected, bot: bot.expected },
    actual: { caller: caller.actual, bot: bot.actual },
  };
}

function compare(
  wanted: Expected,
  actual: Seen,
  opened: readonly string[],
): { expected: Comparable; actual: Comparable } {
  const patterns = [...opened, ...wanted.frames];
  const words = patterns.map(String);
  const lines = actual.frames.map((line, index) => {
    const pattern = patterns[index];
    return pattern instanceof RegExp && pattern.test(line) ? String(pattern) : line;
  });
  const same = lines.findIndex((line, index) => line !== words[index]);
  const cut = Math.max(0, (same < 0 ? Math.min(lines.length, words.length) : same) - 3);
  const isGone = actual.end === 'fin' || actual.end === 'reset';
  const end = wanted.end === 'gone' && isGone ? 'gone' : actual.end;
  return {
    expected: { frames: shortened(words, cut), unfinished: wanted.unfinished ?? false, end: wanted.end },
    actual: { frames: shortened(lines, cut), unfinished: actual.unfinished, end },
  };
}

/** Without the many lines that are equal, and without more than a screen of those that are not. */
function shortened(lines: readonly string[], cut: number): string[] {
  const shown = lines.slice(cut, cut + 20);
  const rest = lines.length - cut - shown.length;
  return [...(cut > 0 ? [`${cut} equal frames`] : []), ...shown, ...(rest > 0 ? [`${rest} more`] : [])];
}
