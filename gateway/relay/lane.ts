import { deadline } from '../deadline.ts';
import { closeFrame, closingIn, isOurPong, pingFrame, type Closing } from './control.ts';
import { CLOSE, FAULT, FrameWalker, PARTIAL, PONG, type Fault, type FrameLimits } from './frames.ts';
import type { Leg, Reader } from './leg.ts';

/** What happens on a lane that concerns the whole call. */
export interface LaneEvents {
  /** `lane.from` said goodbye; its close frame was passed on if `lane.to` had not got one. */
  readonly closed: (lane: Lane, closing: Closing) => void;
  /** `lane.from` broke the protocol or a limit. Nothing of it was passed on. */
  readonly broken: (lane: Lane, fault: Fault) => void;
  /** `lane.from` is gone without a word. */
  readonly lost: (lane: Lane) => void;
  /** `lane.to` took nothing for too long. */
  readonly stalled: (lane: Lane) => void;
}

const NOTHING = Buffer.alloc(0);

/** One direction of a call: passes frames on as they came, and holds its writer back while the reader is slow. */
export class Lane implements Reader {
  readonly from: Leg;
  readonly to: Leg;
  readonly frames: FrameWalker;
  readonly #stallTimeout: number;
  readonly #events: LaneEvents;
  /** Set while `from` is held back because `to` is slow. */
  #stall: (() => void) | null = null;
  /** A close frame that waits for the end of the large frame at hand. */
  #farewell: Buffer | null = null;

  constructor(from: Leg, to: Leg, limits: FrameLimits & { stallTimeout: number }, events: LaneEvents) {
    this.from = from;
    this.to = to;
    this.frames = new FrameWalker(from.side === 'caller', limits);
    this.#stallTimeout = limits.stallTimeout;
    this.#events = events;
  }

  /** Walks over what has arrived and passes on all whole frames. */
  readonly read = (): boolean => {
    const { from, to, frames } = this;
    let passed = 0;
    let at = 0;
    while (at < from.filled && !from.gotClose) {
      const size = frames.step(from.view, at, from.filled);
      if (size === PARTIAL) break;
      if (size === FAULT) return this.#break(passed, at);
      at += size;
      if (frames.opcode >= CLOSE) {
        if (frames.opcode === CLOSE) return this.#close(passed, at);
        passed = this.#swallowOurPong(passed, at - size, at);
      }
      if (this.#farewell !== null) passed = this.#sayFarewell(passed, at);
    }
    this.#pass(passed, at);
    const waits = to.socket.writableLength > 0;
    from.drop(from.gotClose ? from.filled : at, waits);
    if (!waits || to.sentClose) return true;
    this.#hold();
    return false;
  };

  readonly left = (): void => {
    if (this.from.gotClose) return;
    this.from.gotClose = true;
    this.#events.lost(this);
  };

  /** Ends this direction with a close frame of our own: at once, or behind the large frame at hand if that may still end. */
  close(code: number, reason: string): void {
    const { from, to, frames } = this;
    if (to.sentClose || this.#farewell !== null) return;
    const frame = closeFrame(code, reason, to.side === 'bot');
    if (frames.left === 0) {
      to.socket.write(frame);
      this.mute();
    } else if (from.gotClose) {
      to.socket.destroy(); // half a frame can only be cut off
    } else {
      this.#farewell = frame;
    }
  }

  /** Passes nothing on any more, and lets go of a writer that was held back: what it says is read, and its goodbye seen. */
  mute(): void {
    this.to.sentClose = true;
    if (this.from.isHeld) this.from.resume();
  }

  /** Asks `to` for a sign of life, unless a frame is half sent. */
  ping(): void {
    const { frames, to } = this;
    if (frames.left === 0 && !to.sentClose) to.socket.write(pingFrame(to.side === 'bot'));
  }

  /** Begins, as does the next, with what was passed on so far; returns what is now. */
  #swallowOurPong(passed: number, at: number, end: number): number {
    const { from, frames } = this;
    if (frames.opcode !== PONG || !isOurPong(from.slab, frames)) return passed;
    this.#pass(passed, at);
    return end;
  }

  #sayFarewell(passed: number, at: number): number {
    if (this.#farewell === null || this.to.sentClose || this.frames.left > 0) return passed;
    this.#pass(passed, at);
    this.to.socket.write(this.#farewell);
    this.mute();
    return at;
  }

  #pass(begin: number, end: number): void {
    const { from, to } = this;
    if (begin === end || to.sentClose) return;
    const { slab } = from;
    to.socket.write(begin === 0 && end === slab.length ? slab : slab.subarray(begin, end));
  }

  #break(passed: number, at: number): boolean {
    const { from, frames } = this;
    this.#pass(passed, at);
    from.gotClose = true; // whatever follows cannot be understood
    this.#discard();
    this.#events.broken(this, frames.fault);
    return true;
  }

  #close(passed: number, at: number): boolean {
    const { from, to, frames } = this;
    const closing = closingIn(from.slab, frames);
    this.#pass(passed, at);
    to.sentClose = true;
    from.gotClose = true;
    this.#discard();
    this.#events.closed(this, closing);
    return true;
  }

  #discard(): void {
    this.from.drop(this.from.filled, this.to.socket.writableLength > 0);
  }

  #hold(): void {
    if (this.#stall !== null) return;
    this.from.isHeld = true;
    this.#stall = deadline(() => this.#events.stalled(this), this.#stallTimeout);
    // Nothing, behind all that waits: called back when that is gone. 'drain' would not come for a few small messages.
    this.to.socket.write(NOTHING, () => {
      this.#stall?.();
      this.#stall = null;
      this.from.returned();
      this.from.resume();
    });
  }
}
