import { MAX_CONTROLS } from '../limits.ts';
import { isReceivableCode } from './close-codes.ts';
import { turned, Utf8 } from './utf8.ts';

/** RFC 6455 §11.8. */
export const TEXT = 1;
export const BINARY = 2;
export const CLOSE = 8;
export const PING = 9;
export const PONG = 10;

/** Bytes of a frame, header included, up to which it is passed on in one piece; larger ones as they come. */
export const WHOLE_FRAME: number = 64 * 1024;

/** Answers of `FrameWalker.step` that are no number of bytes. */
export const PARTIAL = 0;
export const FAULT = -1;

export interface FrameLimits {
  readonly maxMessageBytes: number;
  readonly maxFragments: number;
}

/** What a sender did wrong, with the close code that says so: RFC 6455 §7.4.1. */
export interface Fault {
  readonly code: 1002 | 1007 | 1008 | 1009;
  readonly reason: string;
}

function protocolFault(reason: string): Fault {
  return { code: 1002, reason };
}

const NOT_TEXT: Fault = { code: 1007, reason: 'text that is not UTF-8' };

/**
 * Walks over the frames of one direction, from header to header (RFC 6455 §5.2). Payloads are looked at in two cases
 * only: text, whether it is UTF-8, and closes, what they say. Everything else is neither read nor copied.
 */
export class FrameWalker {
  /** Whole messages and bytes of payload that were walked over, control frames not counted. */
  messages = 0;
  bytes = 0;
  /** Pings and pongs since this was last set to 0. */
  controls = 0;
  /** Of the frame that the last step walked over, or into. `mask`: little-endian; 0 when there is none. */
  opcode = 0;
  payloadAt = 0;
  payloadBytes = 0;
  isFinal = false;
  mask = 0;
  /** Payload bytes of a large frame that are still to come: nothing may be put between them. */
  left = 0;
  /** What the last step that was a FAULT found. */
  fault: Fault = protocolFault('');

  readonly #masked: boolean;
  readonly #limits: FrameLimits;
  readonly #utf8 = new Utf8();
  /** Opcode of the fragmented message at hand; 0 when there is none. */
  #message = 0;
  #messageBytes = 0;
  #fragments = 0;

  constructor(masked: boolean, limits: FrameLimits) {
    this.#masked = masked;
    this.#limits = limits;
  }

  /**
   * Steps over the frame that begins at `at`, or over what is there of a large one: returns the bytes that may be passed
   * on, PARTIAL when more must come first, or FAULT. Nothing of a frame that is at fault was ever in a returned count,
   * unless it is larger than WHOLE_FRAME.
   */
  step(view: DataView, at: number, end: number): number {
    if (this.left > 0) return this.#continue(view, at, end);
    const available = end - at;
    if (available < 2) return PARTIAL;
    const first = view.getUint8(at);
    const second = view.getUint8(at + 1);
    const fault = this.#faultOfStart(first, second);
    if (fault !== null) return this.#fail(fault);
    const header = headerBytes(second);
    if (available < header) return PARTIAL;
    const length = lengthAt(view, at + 1);
    const tooMuch = this.#faultOfSize(first & 0x0f, length);
    if (tooMuch !== null) return this.#fail(tooMuch);
    const size = header + length;
    if (available < size && size <= WHOLE_FRAME) return PARTIAL;

    this.opcode = first & 0x0f;
    this.isFinal = first >= 0x80;
    this.payloadAt = at + header;
    this.payloadBytes = length;
    this.mask = this.#masked ? view.getInt32(at + header - 4, true) : 0;
    return this.opcode >= CLOSE ? this.#control(view, size) : this.#data(view, header, available);
  }

  #control(view: DataView, size: number): number {
    if (this.opcode === CLOSE) return this.#closesWell(view) ? size : FAULT;
    this.controls += 1;
    return this.controls > MAX_CONTROLS ? this.#fail({ code: 1008, reason: 'too many pings' }) : size;
  }

  #data(view: DataView, header: number, available: number): number {
    const { opcode, payloadBytes } = this;
    if (opcode !== 0) {
      this.#message = opcode;
      this.#messageBytes = 0;
      this.#fragments = 0;
      this.#utf8.reset();
    }
    this.#messageBytes += payloadBytes;
    this.#fragments += 1;
    this.bytes += payloadBytes;
    const walked = this.#payload(view, Math.min(payloadBytes, available - header), payloadBytes);
    return walked === FAULT ? FAULT : header + walked;
  }

  #continue(view: DataView, at: number, end: number): number {
    this.payloadAt = at;
    return this.#payload(view, Math.min(this.left, end - at), this.left);
  }

  /** Walks over payload of the data frame at hand, of which `pending` bytes were still to come. */
  #payload(view: DataView, size: number, pending: number): number {
    const left = pending - size;
    if (this.#message === TEXT) {
      const to = this.payloadAt + size;
      if (!this.#utf8.accepts(view, this.payloadAt, to, this.mask)) return this.#fail(NOT_TEXT);
      if (left > 0) this.mask = turned(this.mask, size);
      else if (this.isFinal && !this.#utf8.isWhole) return this.#fail(NOT_TEXT);
    }
    this.left = left;
    if (left === 0 && this.isFinal) {
      this.#message = 0;
      this.messages += 1;
    }
    return size;
  }

  #fail(fault: Fault): typeof FAULT {
    this.fault = fault;
    return FAULT;
  }

  /** What the first two bytes of a frame tell. */
  #faultOfStart(first: number, second: number): Fault | null {
    if ((first & 0x70) !== 0) return protocolFault('a reserved bit is set');
    if (second >= 0x80 !== this.#masked) {
      return protocolFault(this.#masked ? 'a frame without a mask' : 'a masked frame');
    }
    const opcode = first & 0x0f;
    if (opcode >= CLOSE) return faultOfControl(first, second);
    if (opcode > BINARY) return protocolFault('a reserved opcode');
    if (opcode === 0 && this.#message === 0) return protocolFault('a continuation of nothing');
    return opcode !== 0 && this.#message !== 0 ? protocolFault('a message inside a message') : null;
  }

  #faultOfSize(opcode: number, length: number): Fault | null {
    if (length < 0) return protocolFault('a length in more bytes than it takes');
    if (opcode >= CLOSE) return null;
    const { maxMessageBytes, maxFragments } = this.#limits;
    const before = opcode === 0 ? this.#messageBytes : 0;
    if (before + length > maxMessageBytes) {
      return { code: 1009, reason: `a message over ${maxMessageBytes} bytes` };
    }
    return opcode === 0 && this.#fragments >= maxFragments
      ? { code: 1008, reason: `a message in more than ${maxFragments} fragments` }
      : null;
  }

  #closesWell(view: DataView): boolean {
    const { payloadAt, payloadBytes, mask } = this;
    if (payloadBytes === 0) return true;
    const code = payloadBytes === 1 ? 0 : unmaskedPair(view, payloadAt, mask);
    if (!isReceivableCode(code)) {
      this.#fail(protocolFault('a close code that may not be sent'));
      return false;
    }
    const reason = new Utf8();
    const isText = reason.accepts(view, payloadAt + 2, payloadAt + payloadBytes, turned(mask, 2));
    if (isText && reason.isWhole) return true;
    this.#fail(NOT_TEXT);
    return false;
  }
}

/** Big-endian, as a close code is written. */
function unmaskedPair(view: DataView, at: number, mask: number): number {
  return ((view.getUint8(at) ^ (mask & 0xff)) << 8) | (view.getUint8(at + 1) ^ ((mask >>> 8) & 0xff));
}

function faultOfControl(first: number, second: number): Fault | null {
  if ((first & 0x0f) > PONG) return protocolFault('a reserved opcode');
  if (first < 0x80) return protocolFault('a control frame in fragments');
  return (second & 0x7f) > 125 ? protocolFault('a control frame over 125 bytes') : null;
}

/** Bytes of a header, masking key included, by its second byte. */
function headerBytes(second: number): number {
  const short = second & 0x7f;
  const extended = short < 126 ? 0 : short === 126 ? 2 : 8;
  return 2 + extended + (second >= 0x80 ? 4 : 0);
}

/** A payload length, by its first byte; below 0 when it is not the shortest way to write it, or no length at all. */
function lengthAt(view: DataView, at: number): number {
  const short = view.getUint8(at) & 0x7f;
  if (short < 126) return short;
  if (short === 126) {
    const length = view.getUint16(at + 1);
    return length < 126 ? -1 : length;
  }
  const high = view.getUint32(at + 1);
  if (high >= 0x8000_0000) return -1;
  const length = high * 0x1_0000_0000 + view.getUint32(at + 5);
  return length < 0x1_0000 ? -1 : length;
}

/** A copy of payload without its mask: for control frames and for the few messages that are read. */
export function unmasked(payload: Uint8Array, mask: number): Buffer {
  const copy = Buffer.from(payload);
  if (mask === 0) return copy;
  for (let at = 0; at < copy.length; at += 1) copy[at] = (copy[at] ?? 0) ^ ((mask >>> ((at % 4) * 8)) & 0xff);
  return copy;
}
