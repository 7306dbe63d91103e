import type { Socket } from 'node:net';
import type { Random } from '../chaos/random.ts';
import { Chain } from './chain.ts';

/** One direction of one call. */
export interface Lane {
  readonly sent: Chain;
  readonly got: Chain;
  /** Messages that arrived though another lane sent them, or not in their turn. */
  foreign: number;
  reordered: number;
  /** Frames that nobody sent, such as a close. */
  strange: number;
}

export interface LaneOptions {
  /** Stands in every message of eight bytes or more, with its number. */
  readonly id: number;
  readonly messages: number;
  readonly from: Socket;
  readonly to: Socket;
  /** True from the caller, whose frames are masked. */
  readonly masked: boolean;
  /** What `to` got before anybody listened. */
  readonly early: Buffer;
  readonly random: Random;
  /** Told of each batch that arrived. */
  readonly onArrived: (messages: number) => void;
}

const pool = Buffer.alloc(128 * 1024);
for (let index = 0; index < pool.length; index += 1) pool[index] = (index * 167 + (index >> 9)) & 255;

/**
 * Bytes: of ten messages nine are up to 200, of a thousand 999 up to 2,000, the rest up to 64 KiB; 235 on average.
 */
function sizeOf(random: Random): number {
  const which = random.next();
  if (which < 0.9) return random.between(1, 200);
  return which < 0.999 ? random.between(201, 2000) : random.between(2001, 64 * 1024);
}

/** Bytes written at once. */
const BATCH = 32 * 1024;
const LABEL = 8;

/** Sends all messages of a lane as fast as they are taken, and resolves when all have arrived or the line is dead. */
export function run(options: LaneOptions, lane: Lane): Promise<void> {
  const { from, to, messages } = options;
  let timer: NodeJS.Immediate | null = null;
  const send = (): void => {
    timer = null;
    if (lane.sent.count === messages || !from.writable) return;
    if (from.write(batch(options, lane.sent))) timer = setImmediate(send);
    else from.once('drain', send);
  };
  send();
  return new Promise((resolve) => {
    const done = (): void => {
      if (timer !== null) clearImmediate(timer);
      resolve();
    };
    const read = reader(options, lane);
    const take = (chunk: Buffer): void => {
      const before = lane.got.count;
      read(chunk);
      options.onArrived(lane.got.count - before);
      if (lane.got.count >= messages) done();
    };
    to.on('data', take).once('close', done).once('end', done);
    if (options.early.length > 0) take(options.early);
    to.resume();
  });
}

export function newLane(): Lane {
  return { sent: new Chain(), got: new Chain(), foreign: 0, reordered: 0, strange: 0 };
}

function batch({ id, messages, masked, random }: LaneOptions, chain: Chain): Buffer {
  const bytes = Buffer.allocUnsafe(BATCH + 64 * 1024 + 16);
  let at = 0;
  while (at < BATCH && chain.count < messages) {
    const size = sizeOf(random);
    const start = writeHead(bytes, at, size, masked);
    const seed = random.between(0, pool.length - size);
    pool.copy(bytes, start, seed, seed + size);
    if (size >= LABEL) {
      bytes.writeUInt32BE(id, start);
      bytes.writeUInt32BE(chain.count, start + 4);
    }
    chain.add(2, bytes, start, start + size);
    if (masked) {
      bytes.writeUInt32BE((random.next() * 2 ** 32) >>> 0, start - 4);
      unmask(bytes, start, start + size);
    }
    at = start + size;
  }
  return bytes.subarray(0, at);
}

/** A binary frame's head, with room for the mask. Gives where the payload begins. */
function writeHead(bytes: Buffer, at: number, size: number, masked: boolean): number {
  const bit = masked ? 0x80 : 0;
  const key = masked ? 4 : 0;
  bytes[at] = 0x82;
  if (size < 126) {
    bytes[at + 1] = bit | size;
    return at + 2 + key;
  }
  if (size < 65_536) {
    bytes[at + 1] = bit | 126;
    bytes.writeUInt16BE(size, at + 2);
    return at + 4 + key;
  }
  bytes[at + 1] = bit | 127;
  bytes.writeBigUInt64BE(BigInt(size), at + 2);
  return at + 10 + key;
}

/** With the four bytes before `from`. Masks just the same. */
function unmask(bytes: Buffer, from: number, to: number): void {
  const key = [
    bytes[from - 4] ?? 0,
    bytes[from - 3] ?? 0,
    bytes[from - 2] ?? 0,
    bytes[from - 1] ?? 0,
  ] as const;
  const [k0, k1, k2, k3] = key;
  let at = from;
  for (; at + 3 < to; at += 4) {
    bytes[at]! ^= k0;
    bytes[at + 1]! ^= k1;
    bytes[at + 2]! ^= k2;
    bytes[at + 3]! ^= k3;
  }
  for (let rest = 0; at < to; at += 1, rest += 1) bytes[at]! ^= key[rest & 3]!;
}

/** Takes what arrives, in any pieces, and puts each message on the chain. */
function reader({ id, to, masked }: LaneOptions, lane: Lane): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    let at = 0;
    for (;;) {
      const frame = frameAt(bytes, at);
      if (frame === null) break;
      const { opcode, start, end } = frame;
      if (masked) unmask(bytes, start, end);
      if (opcode === 2) take(bytes, start, end);
      else if (opcode === 9) to.write(Buffer.from(masked ? [0x8a, 0] : [0x8a, 0x80, 0, 0, 0, 0]));
      else lane.strange += 1;
      at = end;
    }
    rest = bytes.subarray(at);
  };

  function take(bytes: Buffer, start: number, end: number): void {
    if (end - start >= LABEL) {
      if (bytes.readUInt32BE(start) !== id) lane.foreign += 1;
      else if (bytes.readUInt32BE(start + 4) !== lane.got.count) lane.reordered += 1;
    }
    lane.got.add(2, bytes, start, end);
  }
}

function frameAt(bytes: Buffer, at: number): { opcode: number; start: number; end: number } | null {
  if (at + 2 > bytes.length) return null;
  const second = bytes[at + 1] ?? 0;
  const short = second & 127;
  const head = (short === 127 ? 10 : short === 126 ? 4 : 2) + (second & 128 ? 4 : 0);
  if (at + head > bytes.length) return null;
  const long = short === 127 ? Number(bytes.readBigUInt64BE(at + 2)) : 0;
  const size = short === 127 ? long : short === 126 ? bytes.readUInt16BE(at + 2) : short;
  const start = at + head;
  return start + size > bytes.length ? null : { opcode: (bytes[at] ?? 0) & 15, start, end: start + size };
}
