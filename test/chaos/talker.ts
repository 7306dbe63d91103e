import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { closePayload, maskedFrame, plainFrame, type Frame } from '../attacks/frame.ts';
import type { Recorder, Side } from './judge/records.ts';
import { hashOf, messageOf, randomMessage, type TestMessage } from './messages.ts';
import type { Random } from './random.ts';

/** What an end of a call can be told to do; plain data, because bots are told in another process. */
export type Act =
  | { readonly do: 'hang up'; readonly code: number }
  | { readonly do: 'fall silent' }
  | { readonly do: 'reset' }
  | { readonly do: 'end' }
  | { readonly do: 'stop reading'; readonly ms: number }
  | { readonly do: 'flood'; readonly count: number; readonly bytes: number }
  | { readonly do: 'ping'; readonly count: number }
  /** Half a frame of so many bytes; then nothing more, or a reset. */
  | { readonly do: 'half a frame'; readonly bytes: number; readonly after: 'silence' | 'reset' }
  | { readonly do: 'sin'; readonly sin: Sin };

/** Frames that RFC 6455 forbids; the code their sender must be closed with stands beside each. */
export const sins = {
  'reserved bit': 1002,
  'reserved opcode': 1002,
  'wrong masking': 1002,
  'long ping': 1002,
  'lone continuation': 1002,
  'invalid UTF-8': 1007,
  'forbidden close code': 1002,
  'length of 2^63': 1002,
} as const;

export type Sin = keyof typeof sins;

export interface TalkerOptions {
  readonly call: string;
  readonly side: Side;
  readonly socket: WebSocket;
  readonly wire: Socket;
  readonly record: Recorder;
  readonly random: Random;
  /** Milliseconds between two messages, on average. */
  readonly pace: number;
}

export interface Talker {
  /** Sends one message and puts it on record. */
  say(message: TestMessage): void;
  act(act: Act): void;
}

/** Bytes that wait towards the gateway before an end stops talking for a while. */
const PATIENCE = 4 * 1024 * 1024;

/** Talks steadily over an open socket until told otherwise, and keeps a record of all that it says and hears. */
export function talker(options: TalkerOptions): Talker {
  const { call, side, socket, wire, record, random, pace } = options;
  let said = 0;
  let heard = 0;
  let timer: NodeJS.Timeout | null = null;
  const other = side === 'caller' ? 'bot' : 'caller';
  const label = (): string => `${call} ${side} ${said} `;

  function say({ data, text }: TestMessage): void {
    if (socket.readyState !== socket.OPEN) return;
    const at = Date.now();
    record({
      kind: 'sent',
      call,
      from: side,
      sequence: said,
      bytes: data.length,
      text,
      hash: hashOf(data),
      at,
    });
    said += 1;
    const cuts = data.length > 2 && random.next() < 0.1 ? random.between(1, 3) : 0;
    const piece = Math.ceil(data.length / (cuts + 1));
    for (let from = 0; from < data.length; from += piece) {
      const fin = from + piece >= data.length;
      socket.send(data.subarray(from, from + piece), { binary: !text, fin });
    }
  }

  function talk(): void {
    if (socket.bufferedAmount < PATIENCE) say(randomMessage(random, label()));
    timer = setTimeout(talk, pace * (0.5 + random.next()));
  }

  function fallSilent(): void {
    if (timer !== null) clearTimeout(timer);
    timer = null;
  }

  /** Nothing of the library's own, such as a pong, may follow what is written by hand. */
  function writeRaw(bytes: Buffer): void {
    fallSilent();
    socket.pause();
    wire.write(bytes);
  }

  const deeds: { [Do in Act['do']]: (act: Extract<Act, { do: Do }>) => void } = {
    'hang up': ({ code }) => {
      fallSilent();
      if (socket.readyState !== socket.OPEN) return;
      record({ kind: 'hung up', call, side, code, at: Date.now() });
      socket.close(code);
    },
    'fall silent': fallSilent,
    reset: () => {
      fallSilent();
      wire.resetAndDestroy();
    },
    end: () => {
      fallSilent();
      wire.end();
    },
    'stop reading': ({ ms }) => {
      socket.pause();
      setTimeout(() => socket.resume(), ms);
    },
    flood: ({ count, bytes }) => {
      for (let index = 0; index < count; index += 1) say(messageOf(random, label(), bytes));
    },
    ping: ({ count }) => {
      for (let index = 0; index < count; index += 1) socket.ping(`${index}`);
    },
    'half a frame': ({ bytes, after }) => {
      const frame = frameOf(side)({ opcode: 2, payload: Buffer.alloc(bytes, side) });
      writeRaw(frame.subarray(0, frame.length >> 1));
      if (after === 'reset') setTimeout(() => wire.resetAndDestroy(), 100);
    },
    sin: ({ sin }) => {
      fallSilent();
      wire.write(sinOf(sin, side));
    },
  };

  socket.on('message', (data: Buffer, isBinary) => {
    const at = Date.now();
    const facts = { bytes: data.length, text: !isBinary, hash: hashOf(data), at };
    record({ kind: 'got', call, from: other, sequence: heard, ...facts });
    heard += 1;
  });
  socket.on('error', () => {});
  socket.once('close', (code) => {
    fallSilent();
    record({ kind: 'ended', call, side, code, at: Date.now() });
  });
  record({ kind: 'opened', call, side, at: Date.now() });
  timer = setTimeout(talk, pace * random.next());
  return { say, act: (what) => deeds[what.do](what as never) };
}

function frameOf(side: Side): (frame: Frame) => Buffer {
  return side === 'caller' ? maskedFrame : plainFrame;
}

function sinOf(sin: Sin, side: Side): Buffer {
  const frame = frameOf(side);
  switch (sin) {
    case 'reserved bit':
      return frame({ opcode: 1, rsv: 4, payload: 'x' });
    case 'reserved opcode':
      return frame({ opcode: 3, payload: 'x' });
    case 'wrong masking':
      return frameOf(side === 'caller' ? 'bot' : 'caller')({ opcode: 1, payload: 'x' });
    case 'long ping':
      return frame({ opcode: 9, payload: Buffer.alloc(126) });
    case 'lone continuation':
      return frame({ opcode: 0, payload: 'x' });
    case 'invalid UTF-8':
      return frame({ opcode: 1, payload: Buffer.from([0xff]) });
    case 'forbidden close code':
      return frame({ opcode: 8, payload: closePayload(1005) });
    case 'length of 2^63':
      return frame({ opcode: 2, announced: 2n ** 63n });
  }
}
