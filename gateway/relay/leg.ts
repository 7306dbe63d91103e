import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WHOLE_FRAME } from './frames.ts';

export type Side = 'caller' | 'bot';

/** Whoever a leg's bytes are for at the moment. */
export interface Reader {
  /** More bytes lie in `leg.slab`, up to `leg.filled`. Take some with `leg.drop`; false: do not read on for now. */
  readonly read: () => boolean;
  /** The peer sends no more: FIN, or the connection is gone. Told once. */
  readonly left: () => void;
}

/** Bytes of a read buffer when little comes, each leg its own: ten media messages, and a small price for an idle call. */
const SMALL_SLAB = 4096;

/** Small slabs whose legs are closed: the next call takes them, and memory does not fall to pieces over a million calls. */
const pool: Buffer[] = [];
/** Slabs in the pool: 4 MiB. */
const MAX_POOLED = 1024;

const NO_SLAB = Buffer.alloc(0);
const NO_VIEW = viewOf(NO_SLAB);
const nobody: Reader = { read: () => false, left: () => {} };

/**
 * One connection of a call and the one buffer that it is read into: no object is made, and nothing copied, for what
 * arrives and is passed on at once.
 *
 * It reads with `onread` (https://nodejs.org/docs/latest-v20.x/api/net.html#socketconnectoptions-connectlistener, read
 * 2026-11-21), not through events.
 */
export class Leg {
  readonly side: Side;
  /** What has arrived and was not taken yet: [0, filled). Replaced when it is too small, or lent. */
  slab: Buffer = pool.pop() ?? Buffer.allocUnsafeSlow(SMALL_SLAB);
  view: DataView = viewOf(this.slab);
  filled = 0;
  reader: Reader = nobody;
  /** Something has arrived since this was last set to false. */
  heard = true;
  /** Its reading is held back, because what it sent waits for the other leg. */
  isHeld = false;
  /** A close frame was written to it: nothing may follow. */
  sentClose = false;
  /** A close frame came from it, or nothing can come any more. */
  gotClose = false;
  hasLeft = false;
  /** Why the connection broke, for the log. */
  error: Error | null = null;

  #socket: Socket | null = null;
  /** The slab and the place in it that the socket will write to next. */
  #target: Buffer = this.slab;
  #landing = 0;
  /** Two slabs take turns where the other leg is slow: one is sent from, one is read into. */
  #lent: Buffer | null = null;
  #spare: Buffer | null = null;

  constructor(side: Side) {
    this.side = side;
  }

  get socket(): Socket {
    if (this.#socket === null) throw new TypeError('a leg is used after its socket is set');
    return this.#socket;
  }

  /** What a socket must be created with to be read by this leg. */
  readonly onread: { buffer: () => Buffer; callback: (bytes: number, buffer: Uint8Array) => boolean } = {
    buffer: () => this.#room(),
    callback: (bytes, buffer) => this.#arrived(bytes, buffer),
  };

  /** `socket`: created with `onread`. */
  attach(socket: Socket): void {
    this.#socket = socket;
    const leave = (): void => {
      if (this.hasLeft) return;
      this.hasLeft = true;
      this.reader.left();
    };
    socket
      .on('error', (error) => {
        this.error = error;
      })
      .on('end', leave)
      .on('close', () => {
        leave();
        this.#letGo();
      });
  }

  /** Node's handles keep their sockets until the next full collection: what hangs on a socket that is closed must not. */
  #letGo(): void {
    this.reader = nobody;
    if (this.slab.length === SMALL_SLAB && pool.length < MAX_POOLED) pool.push(this.slab);
    this.slab = NO_SLAB;
    this.view = NO_VIEW;
    this.#target = NO_SLAB;
    this.#lent = null;
    this.#spare = null;
    this.filled = 0;
  }

  /** Gives what has arrived, and what will, to somebody else. */
  handTo(reader: Reader): void {
    this.reader = reader;
    if (reader.read()) this.resume();
    if (this.hasLeft) reader.left();
  }

  resume(): void {
    this.isHeld = false;
    this.#socket?.resume();
  }

  /** Takes the first bytes away. `lent`: the slab is still being sent from, so what is left and what comes get another. */
  drop(bytes: number, lent: boolean): void {
    if (lent) this.#lend(bytes);
    else if (bytes < this.filled) this.slab.copyWithin(0, bytes, this.filled);
    this.filled -= bytes;
  }

  /** What was lent is back. */
  returned(): void {
    if (this.#lent?.length === this.slab.length) this.#spare = this.#lent;
    this.#lent = null;
  }

  /** Reads on, for nobody: so that its end is seen. */
  discard(): void {
    const read = (): boolean => {
      this.drop(this.filled, false);
      return true;
    };
    this.handTo({ read, left: () => {} });
  }

  /** Gives back what a burst made the buffer grow to. */
  shrink(): void {
    if (this.filled === 0 && this.slab.length > SMALL_SLAB && !this.isHeld) this.#replace(SMALL_SLAB, 0);
  }

  /** Puts bytes behind those that are there already. */
  append(bytes: Uint8Array): void {
    const needed = this.filled + bytes.length;
    if (needed > this.slab.length) this.#replace(Math.max(needed, this.slab.length * 2), 0);
    this.slab.set(bytes, this.filled);
    this.filled = needed;
  }

  #arrived(bytes: number, buffer: Uint8Array): boolean {
    this.heard = true;
    const wasFilled = this.#landing + bytes === this.#target.length;
    if (this.#target === this.slab && this.#landing === this.filled) this.filled += bytes;
    // The slab has changed since the socket was told where to write.
    else this.append(buffer.subarray(0, bytes));
    const goOn = this.reader.read();
    // A read that filled the buffer promises more: larger reads are fewer.
    if (wasFilled && this.filled === 0 && goOn && this.slab.length < WHOLE_FRAME) {
      this.#replace(Math.min(this.slab.length * 4, WHOLE_FRAME), 0);
    }
    this.isHeld = !goOn;
    return goOn;
  }

  /** Called by the socket after each `callback`: where to write next. */
  #room(): Buffer {
    if (this.filled === this.slab.length) this.#replace(this.slab.length * 2, 0);
    this.#target = this.slab;
    this.#landing = this.filled;
    return this.filled === 0 ? this.slab : this.slab.subarray(this.filled);
  }

  #lend(from: number): void {
    const old = this.slab;
    this.#replace(old.length, from, this.#spare);
    this.#spare = null;
    this.#lent = old;
  }

  /** What lies at `from` and behind it moves to the beginning of another slab. */
  #replace(size: number, from: number, spare: Buffer | null = null): void {
    const slab = spare?.length === size ? spare : Buffer.allocUnsafeSlow(size);
    slab.set(this.slab.subarray(from, this.filled));
    this.slab = slab;
    this.view = viewOf(slab);
  }
}

function viewOf({ buffer, byteOffset, length }: Buffer): DataView {
  return new DataView(buffer, byteOffset, length);
}

/**
 * Takes an accepted connection over from the HTTP server, which is done with it: Node gives accepted sockets no `onread`,
 * so the handle moves to a socket that has it. Null when the caller has left already. `head`: what came with the request.
 */
export function adopt(wire: Duplex, head: Buffer): Leg | null {
  const handle: unknown = Reflect.get(wire, '_handle');
  if (handle === null || handle === undefined) return null;
  Reflect.set(wire, '_handle', null);
  wire.destroy(); // the server forgets it
  const leg = new Leg('caller');
  if (head.length > 0) leg.append(head);
  const options: object = { handle, allowHalfOpen: true, onread: leg.onread };
  leg.attach(new Socket(options));
  return leg;
}
