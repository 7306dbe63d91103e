import type { Duplex } from 'node:stream';
import type { RawData, WebSocket } from 'ws';
import { codeOfFault, sendableCode } from './close-codes.ts';
import { MESSAGE_OVERHEAD, type Limits } from './limits.ts';

export type Side = 'caller' | 'bot';

/** One open, paused WebSocket and the socket it runs on, which tells when it has drained. */
export interface Leg {
  readonly socket: WebSocket;
  readonly wire: Duplex;
}

/** A message as it came: text stays text, binary stays binary. */
export interface Message {
  readonly data: RawData;
  readonly isBinary: boolean;
}

/** How a relay ended. */
export interface RelayEnd {
  readonly by: Side | 'gateway';
  /** As received: 1005 when the close frame was empty, 1006 when there was none. */
  readonly code: number;
  readonly reason: string;
}

export interface RelayOptions {
  readonly limits: Pick<Limits, 'highWaterBytes' | 'stallTimeout' | 'pingInterval'>;
  /** Sent to the bot before anything else: what was read from the caller to learn who it is. */
  readonly early: readonly Message[];
  /** Milliseconds; null is no limit. */
  readonly maxDuration: number | null;
  /** Milliseconds without a message in either direction; null is no limit. */
  readonly idleTimeout: number | null;
}

/** Two sockets that have become one. */
export interface Relay {
  /** Resolves when the first of the two leaves; never rejects. */
  readonly ended: Promise<RelayEnd>;
  /** What came from either side so far. */
  readonly tally: Readonly<Record<Side, { readonly messages: number; readonly bytes: number }>>;
  /** Ends both sides from here. */
  readonly close: (code: number, reason: string) => void;
}

interface End extends Leg {
  messages: number;
  bytes: number;
  /** Something arrived since the last ping. */
  heard: boolean;
  silentPings: number;
  /** Messages since nothing waited for this side. */
  queued: number;
  /** Set while this side reads too slowly and the other one is held back. */
  stalled: NodeJS.Timeout | null;
}

type Leave = (by: RelayEnd['by'], code: number, reason: string) => void;

/**
 * Passes every message on exactly as it came, in both directions, until either side closes.
 *
 * Give it paused legs: it resumes them once it listens, so that nothing said early is lost.
 */
export function relay(callerLeg: Leg, botLeg: Leg, options: RelayOptions): Relay {
  const caller = endOf(callerLeg);
  const bot = endOf(botLeg);
  const { ended, leave } = ending();
  const close = (code: number, reason: string): void => {
    leave('gateway', code, reason);
    shut(caller, code, reason);
    shut(bot, code, reason);
  };

  for (const message of options.early) pass(message, caller, bot);
  pipe(caller, bot, options.limits);
  pipe(bot, caller, options.limits);
  watchClosing('caller', caller, bot, leave);
  watchClosing('bot', bot, caller, leave);
  const timers = [
    ...limitTime(caller, bot, options, close),
    keepAlive([caller, bot], options.limits.pingInterval),
  ];
  void ended.then(() => timers.forEach((timer) => clearInterval(timer)));
  caller.socket.resume();
  bot.socket.resume();
  return { ended, tally: { caller, bot }, close };
}

/** The first to leave says how it ended. */
function ending(): { ended: Promise<RelayEnd>; leave: Leave } {
  let tell: ((end: RelayEnd) => void) | undefined;
  const ended = new Promise<RelayEnd>((resolve) => {
    tell = resolve;
  });
  return { ended, leave: (by, code, reason) => tell?.({ by, code, reason }) };
}

function endOf(leg: Leg): End {
  return { ...leg, messages: 0, bytes: 0, heard: true, silentPings: 0, queued: 0, stalled: null };
}

const NOTHING = Buffer.alloc(0);
const TEXT = { binary: false };
const BINARY = { binary: true };

/** Bytes of a message; the library gives it in one piece. */
export function sizeOf(data: RawData): number {
  return Array.isArray(data) ? 0 : data.byteLength;
}

function pass({ data, isBinary }: Message, from: End, to: End): void {
  from.messages += 1;
  from.bytes += sizeOf(data);
  if (to.socket.readyState === to.socket.OPEN) to.socket.send(data, isBinary ? BINARY : TEXT);
}

function pipe(from: End, to: End, { highWaterBytes, stallTimeout }: RelayOptions['limits']): void {
  const heard = (): void => {
    from.heard = true;
  };
  from.socket.on('ping', heard);
  from.socket.on('pong', heard);
  from.socket.on('message', (data, isBinary) => {
    from.heard = true;
    pass({ data, isBinary }, from, to);
    const waiting = to.socket.bufferedAmount;
    to.queued = waiting === 0 ? 0 : to.queued + 1;
    if (to.stalled === null && waiting + to.queued * MESSAGE_OVERHEAD >= highWaterBytes) {
      hold(from, to, stallTimeout);
    }
  });
}

/** Stops reading from `from` until `to` has taken all that waits for it. */
function hold(from: End, to: End, stallTimeout: number): void {
  from.socket.pause();
  to.stalled = setTimeout(() => shut(to, 1008, 'reads too slowly'), stallTimeout);
  // Nothing, behind all that waits: called back when that is gone. 'drain' would not come for a queue of tiny messages.
  to.wire.write(NOTHING, () => {
    release(to);
    from.socket.resume();
  });
}

function release(end: End): void {
  if (end.stalled !== null) clearTimeout(end.stalled);
  end.stalled = null;
}

function watchClosing(side: Side, from: End, to: End, leave: Leave): void {
  const left = (code: number, reason: string): void => {
    release(from);
    leave(side, code, reason);
    shut(to, sendableCode(code), reason);
  };
  from.socket.on('error', (fault) => {
    // The library tells the sinner; the other side did nothing wrong and learns that the call is over.
    const code = codeOfFault(fault);
    if (code === null) return; // the wire broke: 'close' follows at once
    leave(side, code, 'broke the protocol or a limit');
    shut(to, 1011, '');
  });
  from.socket.once('close', (code, reason) => left(code, reason.toString()));
  if (from.socket.readyState === from.socket.CLOSED) left(1006, ''); // left before anybody listened
}

/** A held leg never sees the answer to its own close frame, so it is let go first. */
function shut({ socket }: End, code: number, reason: string): void {
  socket.resume();
  if (socket.readyState === socket.OPEN) socket.close(code, reason);
}

/** Pings; a peer that lets three intervals pass without a sign of life has vanished. */
function keepAlive(ends: readonly End[], interval: number): NodeJS.Timeout {
  return setInterval(() => {
    for (const end of ends) {
      if (end.heard || end.socket.isPaused) end.silentPings = 0;
      else end.silentPings += 1;
      end.heard = false;
      if (end.silentPings >= 2) end.socket.terminate();
      else if (end.socket.readyState === end.socket.OPEN) end.socket.ping();
    }
  }, interval);
}

/** How many times an idle period is looked at: a call is closed at most a quarter of it late. */
const IDLE_LOOKS = 4;

function limitTime(caller: End, bot: End, options: RelayOptions, close: Relay['close']): NodeJS.Timeout[] {
  const { maxDuration, idleTimeout } = options;
  const timers: NodeJS.Timeout[] = [];
  if (maxDuration !== null) timers.push(setTimeout(close, maxDuration, 1000, 'session limit'));
  if (idleTimeout !== null) {
    let seen = -1;
    let quiet = 0;
    const look = (): void => {
      const messages = caller.messages + bot.messages;
      quiet = messages === seen ? quiet + 1 : 0;
      seen = messages;
      if (quiet >= IDLE_LOOKS) close(1000, 'idle');
    };
    timers.push(setInterval(look, idleTimeout / IDLE_LOOKS));
  }
  return timers;
}
