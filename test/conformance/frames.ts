import { createHash } from 'node:crypto';

export type Side = 'caller' | 'bot';

/** A WebSocket frame, RFC 6455 §5.2, with everything that can be wrong with one. */
export interface Frame {
  readonly opcode: number;
  readonly payload?: string | Buffer;
  readonly fin?: boolean;
  /** 4 is RSV1. */
  readonly rsv?: number;
  /** What the header says, if it lies. */
  readonly announced?: bigint;
  /** Bytes of the extended length, if they are not as few as possible. */
  readonly width?: 0 | 2 | 8;
  /** Null: not masked. Otherwise as the side must. */
  readonly mask?: Buffer | null;
}

/** Frames, or bytes as they are. */
export type Piece = Frame | Buffer;

export const CONTINUATION = 0;
export const TEXT = 1;
export const BINARY = 2;
export const CLOSE = 8;
export const PING = 9;
export const PONG = 10;

const NAMES: Readonly<Record<number, string>> = {
  [CONTINUATION]: 'continuation',
  [TEXT]: 'text',
  [BINARY]: 'binary',
  [CLOSE]: 'close',
  [PING]: 'ping',
  [PONG]: 'pong',
};

/** The one of the examples in RFC 6455 §5.7. */
const MASK = Buffer.from('37fa213d', 'hex');

/** Every frame is played several times, and some are large. */
const written: Readonly<Record<Side, WeakMap<Frame, Buffer>>> = { caller: new WeakMap(), bot: new WeakMap() };

/** What stands on the wire: callers mask, bots do not. */
export function bytesOf(piece: Piece, side: Side): Buffer {
  if (Buffer.isBuffer(piece)) return piece;
  const known = written[side].get(piece);
  if (known) return known;
  const payload = Buffer.from((piece.payload ?? '') as string);
  const mask = piece.mask === undefined && side === 'caller' ? MASK : (piece.mask ?? null);
  const head = headOf(piece, payload.length, mask !== null);
  const bytes = Buffer.concat(mask ? [head, mask, unmask(payload, mask)] : [head, payload]);
  written[side].set(piece, bytes);
  return bytes;
}

function headOf(frame: Frame, size: number, masked: boolean): Buffer {
  const { opcode, fin = true, rsv = 0, announced = BigInt(size) } = frame;
  const width = frame.width ?? fewestBytes(Number(announced));
  const head = Buffer.alloc(2 + width);
  head.writeUInt8((fin ? 0x80 : 0) | (rsv << 4) | opcode, 0);
  const short = width === 0 ? Number(announced) : width === 2 ? 126 : 127;
  head.writeUInt8((masked ? 0x80 : 0) | short, 1);
  if (width === 2) head.writeUInt16BE(Number(announced), 2);
  if (width === 8) head.writeBigUInt64BE(announced, 2);
  return head;
}

/** Of the extended length. */
function fewestBytes(length: number): 0 | 2 | 8 {
  if (length < 126) return 0;
  return length < 65_536 ? 2 : 8;
}

function unmask(payload: Buffer, mask: Buffer): Buffer {
  const bytes = Buffer.alloc(payload.length);
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = (payload[at] ?? 0) ^ (mask[at & 3] ?? 0);
  return bytes;
}

export interface Recorder {
  readonly take: (chunk: Buffer) => void;
  /** One line for each whole frame. */
  readonly frames: readonly string[];
  /** Bytes of a frame that is not whole yet. */
  readonly unfinished: () => number;
}

/** Writes down what comes from a side, right or wrong, and judges nothing. */
export function recorder(from: Side, onClose: (payload: Buffer) => void = () => {}): Recorder {
  const frames: string[] = [];
  let chunks: Buffer[] = [];
  let unfinished = 0;
  let needed = 2;

  const next = (bytes: Buffer): number => {
    const head = readHead(bytes);
    needed = head?.end ?? bytes.length + 1;
    if (!head || bytes.length < needed) return 0;
    const raw = bytes.subarray(head.payloadAt, head.end);
    const payload = head.masked ? unmask(raw, bytes.subarray(head.payloadAt - 4, head.payloadAt)) : raw;
    frames.push(lineOf(head, payload, from));
    if (head.opcode === CLOSE) onClose(payload);
    return head.end;
  };
  return {
    frames,
    unfinished: () => unfinished,
    take(chunk) {
      chunks.push(chunk);
      unfinished += chunk.length;
      if (unfinished < needed) return;
      let rest = Buffer.concat(chunks);
      for (let size = next(rest); size > 0; size = next(rest)) rest = rest.subarray(size);
      chunks = [rest];
      unfinished = rest.length;
    },
  };
}

interface Head {
  readonly opcode: number;
  readonly fin: boolean;
  readonly rsv: number;
  readonly masked: boolean;
  /** Bytes of the extended length. */
  readonly wide: number;
  readonly payloadAt: number;
  readonly end: number;
}

/** Null when it is not whole yet. */
function readHead(bytes: Buffer): Head | null {
  const [first = 0, second = 0] = bytes;
  const short = second & 127;
  const wide = short === 127 ? 8 : short === 126 ? 2 : 0;
  const masked = second >= 128;
  const payloadAt = 2 + wide + (masked ? 4 : 0);
  if (bytes.length < payloadAt) return null;
  const length = wide === 8 ? Number(bytes.readBigUInt64BE(2)) : wide === 2 ? bytes.readUInt16BE(2) : short;
  const [fin, rsv, opcode] = [first >= 128, (first >> 4) & 7, first & 15];
  return { opcode, fin, rsv, masked, wide, payloadAt, end: payloadAt + length };
}

/** A frame in words: what is as it should be is not mentioned. */
function lineOf({ opcode, fin, rsv, masked, wide }: Head, payload: Buffer, from: Side): string {
  const oddities = [
    fin ? '' : ' (not final)',
    rsv === 0 ? '' : ` rsv ${rsv}`,
    masked === (from === 'caller') ? '' : masked ? ' masked' : ' unmasked',
    wide === fewestBytes(payload.length) ? '' : ` length in ${wide} bytes`,
  ];
  const name = NAMES[opcode] ?? `opcode ${opcode}`;
  const isClose = opcode === CLOSE && payload.length >= 2;
  const said = isClose ? ` ${payload.readUInt16BE(0)}${wordsOf(payload.subarray(2))}` : wordsOf(payload);
  return `${name}${oddities.join('')}${said}`;
}

function wordsOf(payload: Buffer): string {
  if (payload.length === 0) return '';
  if (payload.length > 64) {
    const digest = createHash('sha256').update(payload).digest('hex').slice(0, 12);
    return ` ${payload.length} bytes, sha256 ${digest}`;
  }
  const text = payload.toString('latin1');
  return /^[ -~]+$/.test(text) ? ` ${JSON.stringify(text)}` : ` 0x${payload.toString('hex')}`;
}

/** What the other side sees of a frame. */
export function seen(piece: Frame, from: Side): string {
  const { frames, take } = recorder(from);
  take(bytesOf(piece, from));
  return frames[0] ?? '(no whole frame)';
}

export function closing(code: number, reason: string | Buffer = ''): Frame {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(code);
  return { opcode: CLOSE, payload: Buffer.concat([bytes, Buffer.from(reason as string)]) };
}
