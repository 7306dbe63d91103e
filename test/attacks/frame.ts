import { randomBytes } from 'node:crypto';
import { bytesOf, CLOSE, type Frame } from '../conformance/frames.ts';

export { BINARY, CLOSE, PING, PONG, TEXT, type Frame } from '../conformance/frames.ts';

/** As clients must send. */
export function maskedFrame(frame: Frame): Buffer {
  return bytesOf({ ...frame, mask: randomBytes(4) }, 'caller');
}

/** As servers must send. */
export function plainFrame(frame: Frame): Buffer {
  return bytesOf({ ...frame, mask: null }, 'bot');
}

export function closePayload(code: number, reason = ''): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(code);
  return Buffer.concat([bytes, Buffer.from(reason)]);
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
