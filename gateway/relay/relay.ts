import type { Limits } from '../limits.ts';
import { Lane, type LaneEvents } from './lane.ts';
import type { Leg, Reader, Side } from './leg.ts';

/** How a relay ended. */
export interface RelayEnd {
  readonly by: Side | 'gateway';
  /** As received: 1005 when the close frame was empty, 1006 when there was none. */
  readonly code: number;
  readonly reason: string;
}

export interface RelayOptions {
  readonly limits: Pick<
    Limits,
    'maxMessageBytes' | 'maxFragments' | 'stallTimeout' | 'pingInterval' | 'closeTimeout'
  >;
  /** Milliseconds; null is no limit. */
  readonly maxDuration: number | null;
  /** Milliseconds without a message in either direction; null is no limit. */
  readonly idleTimeout: number | null;
  /** Told once, when the bot's first message has been passed on. */
  readonly onBotSpoke?: () => void;
}

interface Tally {
  readonly messages: number;
  readonly bytes: number;
}

/** Two connections that have become one. */
export interface Relay {
  /** Resolves when the first of the two leaves; never rejects. */
  readonly ended: Promise<RelayEnd>;
  /** Resolves when both connections are closed. */
  readonly closed: Promise<unknown>;
  /** What came from either side so far. */
  readonly tally: Readonly<Record<Side, Tally>>;
  /** Ends both sides from here. */
  readonly close: (code: number, reason: string) => void;
}

/**
 * Passes every frame on exactly as it came, in both directions, until either side leaves; then hears both out for as
 * long as `closeTimeout`. What lies in the legs already is passed on first.
 */
export function relay(caller: Leg, bot: Leg, options: RelayOptions): Relay {
  const { limits } = options;
  let tell: ((end: RelayEnd) => void) | undefined;
  const ended = new Promise<RelayEnd>((resolve) => {
    tell = resolve;
  });
  const bothClosed = Promise.all([closed(caller), closed(bot)]);
  let timers: NodeJS.Timeout[] = [];
  let isOver = false;

  const leave = (by: RelayEnd['by'], code: number, reason: string): void => {
    if (isOver) return;
    isOver = true;
    tell?.({ by, code, reason });
    for (const timer of timers) clearInterval(timer);
    const late = setTimeout(() => {
      caller.socket.destroy();
      bot.socket.destroy();
    }, limits.closeTimeout);
    void bothClosed.then(() => clearTimeout(late));
  };
  const events: LaneEvents = {
    closed({ from, to }, { code, reason }) {
      leave(from.side, code, reason);
      finish(from);
      finish(to);
    },
    broken(lane, { code, reason }) {
      // The sinner is told what it did; the other side did nothing wrong and learns that the call is over.
      leave(lane.from.side, code, reason);
      laneTo(lane.from).close(code, reason);
      laneTo(lane.to).close(1011, '');
      finish(lane.from);
    },
    lost(lane) {
      leave(lane.from.side, 1006, '');
      laneTo(lane.from).mute(); // nobody is there to hear anything more
      lane.from.socket.end();
      // Who has said goodbye itself waits for nothing but the end.
      if (lane.to.gotClose) lane.to.socket.end();
      else lane.close(1011, '');
    },
    stalled(lane) {
      leave(lane.to.side, 1006, 'read too slowly');
      lane.close(1008, 'reads too slowly');
      laneTo(lane.from).close(1011, '');
    },
  };
  const fromCaller = new Lane(caller, bot, limits, events);
  const fromBot = new Lane(bot, caller, limits, events);
  const laneTo = (leg: Leg): Lane => (leg === bot ? fromCaller : fromBot);
  const close = (code: number, reason: string): void => {
    leave('gateway', code, reason);
    for (const lane of [fromCaller, fromBot]) lane.close(code, reason);
  };

  timers = [...limitTime(fromCaller, fromBot, options, close), keepAlive([fromCaller, fromBot], limits)];
  caller.handTo(fromCaller);
  bot.handTo(untilSpoken(fromBot, options.onBotSpoke));
  return { ended, closed: bothClosed, tally: { caller: fromCaller.frames, bot: fromBot.frames }, close };
}

/** Reads for a lane until the first message has passed it, then leaves it alone: nothing is looked at after that. */
function untilSpoken(lane: Lane, tell: RelayOptions['onBotSpoke']): Reader {
  if (!tell) return lane;
  const first: Reader = {
    read() {
      const goOn = lane.read();
      if (lane.frames.messages > 0 && lane.from.reader === first) {
        lane.from.reader = lane;
        tell();
      }
      return goOn;
    },
    left: lane.left,
  };
  return first;
}

/** Ends a connection on which both sides have said goodbye. */
function finish(leg: Leg): void {
  if (leg.sentClose && leg.gotClose) leg.socket.end();
}

/** Resolves when nothing more can happen on a leg. */
export function closed({ socket }: Leg): Promise<void> {
  if (socket.closed) return Promise.resolve();
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

/** Pings both, also those who talk: a proxy between may close what it sends nothing through. Silent for three: vanished. */
function keepAlive(lanes: readonly Lane[], { pingInterval }: RelayOptions['limits']): NodeJS.Timeout {
  const silent = lanes.map(() => 0);
  let lastLook = performance.now();
  return setInterval(() => {
    const now = performance.now();
    const wasHalted = now - lastLook > 1.5 * pingInterval;
    lastLook = now;
    // This process itself stood still: what arrived meanwhile has not been read yet, and counts.
    if (wasHalted) return;
    lanes.forEach((lane, index) => {
      const { from } = lane;
      const quiet = from.heard || from.isHeld ? 0 : (silent[index] ?? 0) + 1;
      silent[index] = quiet;
      from.heard = false;
      lane.frames.controls = 0;
      from.shrink();
      // What lies in its queue is read before this comes.
      if (quiet > 1) setImmediate(() => from.heard || from.socket.destroy());
      else lanes[1 - index]?.ping();
    });
  }, pingInterval);
}

/** How many times an idle period is looked at: a call is closed at most a quarter of it late. */
const IDLE_LOOKS = 4;

function limitTime(
  fromCaller: Lane,
  fromBot: Lane,
  { maxDuration, idleTimeout }: RelayOptions,
  close: Relay['close'],
): NodeJS.Timeout[] {
  const timers: NodeJS.Timeout[] = [];
  if (maxDuration !== null) timers.push(setTimeout(close, maxDuration, 1000, 'session limit'));
  if (idleTimeout !== null) {
    let seen = -1;
    let quiet = 0;
    const look = (): void => {
      const messages = fromCaller.frames.messages + fromBot.frames.messages;
      quiet = messages === seen ? quiet + 1 : 0;
      seen = messages;
      if (quiet >= IDLE_LOOKS) close(1000, 'idle');
    };
    timers.push(setInterval(look, idleTimeout / IDLE_LOOKS));
  }
  return timers;
}
