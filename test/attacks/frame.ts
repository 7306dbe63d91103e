import { randomBytes } from 'node:crypto';

/** A WebSocket frame, RFC 6455 §5.2, with everything that can be wrong with one. */
export interface Frame {
  readonly opcode: number;
  readonly payload?: string | Buffer;
  readonly fin?: boolean;
  /** 4 is RSV1. */
  readonly rsv?: number;
  /** What the header says, if it lies. */
  readonly length?: bigint;
}

export const TEXT = 1;
export const BINARY = 2;
export const CLOSE = 8;
export const PING = 9;
export const PONG = 10;

/** As clients must send. */
export function maskedFrame(frame: Frame): Buffer {
  const mask = randomBytes(4);
  const payload = bytesOf(frame).map((byte, index) => byte ^ (mask[index % 4] ?? 0));
  return Buffer.concat([headOf(frame, 0x80), mask, payload]);
}

/** As servers must send. */
export function plainFrame(frame: Frame): Buffer {
  return Buffer.concat([headOf(frame, 0), bytesOf(frame)]);
}

export function closePayload(code: number, reason = ''): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(code);
  return Buffer.concat([bytes, Buffer.from(reason)]);
}

function bytesOf({ payload = '' }: Frame): Buffer {
  return Buffer.from(payload as string);
}

function headOf(frame: Frame, maskBit: number): Buffer {
  const { opcode, fin = true, rsv = 0 } = frame;
  const length = frame.length ?? BigInt(bytesOf(frame).length);
  const first = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  if (length < 126n) return Buffer.from([first, maskBit | Number(length)]);
  if (length < 65_536n) {
    const head = Buffer.from([first, maskBit | 126, 0, 0]);
    head.writeUInt16BE(Number(length), 2);
    return head;
  }
  const head = Buffer.alloc(10);
  head.set([first, maskBit | 127]);
  head.writeBigUInt64BE(length, 2);
  return head;
}

export interface ReadFrame {
  readonly opcode: number;
  readonly payload: Buffer;
}

/** The whole unmasked frames in what a server sent after its 101. */
export function framesAfterHead(bytes: Buffer): ReadFrame[] {
  const frames: ReadFrame[] = [];
  let at = bytes.indexOf('\r\n\r\n') + 4;
  while (at + 2 <= bytes.length) {
    const opcode = bytes.readUInt8(at) & 15;
    const short = bytes.readUInt8(at + 1) & 127;
    const head = short === 127 ? 10 : short === 126 ? 4 : 2;
    if (at + head > bytes.length) break;
    const length =
      short === 127
        ? Number(bytes.readBigUInt64BE(at + 2))
        : short === 126
          ? bytes.readUInt16BE(at + 2)
          : short;
    if (at + head + length > bytes.length) break;
    frames.push({ opcode, payload: bytes.subarray(at + head, at + head + length) });
    at += head + length;
  }
  return frames;
}

/** The code of the close frame in what a server sent; null when there is none, 1005 when it is empty. */
export function closeCodeIn(bytes: Buffer): number | null {
  const close = framesAfterHead(bytes).find(({ opcode }) => opcode === CLOSE);
  if (!close) return null;
  return close.payload.length < 2 ? 1005 : close.payload.readUInt16BE(0);
}
