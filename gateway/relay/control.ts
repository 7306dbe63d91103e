import { randomBytes } from 'node:crypto';
import { CLOSE, PING, unmasked, type FrameWalker } from './frames.ts';

/** As received: 1005 when the close frame was empty, 1006 when there was none. */
export interface Closing {
  readonly code: number;
  readonly reason: string;
}

/** The payload of our own pings. Whoever answers one sends it back, which tells our pongs from everybody else's. */
const OURS: Buffer = randomBytes(8);

export function closeFrame(code: number, reason: string, masked: boolean): Buffer {
  const payload = Buffer.alloc(2 + Buffer.byteLength(reason));
  payload.writeUInt16BE(code);
  payload.write(reason, 2);
  return controlFrame(CLOSE, payload, masked);
}

export function pingFrame(masked: boolean): Buffer {
  return controlFrame(PING, OURS, masked);
}

/** `payload`: 125 bytes at most. */
function controlFrame(opcode: number, payload: Buffer, masked: boolean): Buffer {
  if (!masked) return Buffer.concat([Buffer.from([0x80 | opcode, payload.length]), payload]);
  const mask = randomBytes(4);
  const head = Buffer.from([0x80 | opcode, 0x80 | payload.length]);
  return Buffer.concat([head, mask, unmasked(payload, mask.readInt32LE())]);
}

/** Whether the pong that was just walked over answers a ping of ours. */
export function isOurPong(slab: Buffer, { payloadAt, payloadBytes, mask }: FrameWalker): boolean {
  if (payloadBytes !== OURS.length) return false;
  return unmasked(slab.subarray(payloadAt, payloadAt + payloadBytes), mask).equals(OURS);
}

/** What the close frame that was just walked over says. */
export function closingIn(slab: Buffer, { payloadAt, payloadBytes, mask }: FrameWalker): Closing {
  if (payloadBytes < 2) return { code: 1005, reason: '' };
  const payload = unmasked(slab.subarray(payloadAt, payloadAt + payloadBytes), mask);
  return { code: payload.readUInt16BE(), reason: payload.toString('utf8', 2) };
}
