import { BINARY, CLOSE, closing, CONTINUATION, PING, PONG, TEXT, type Frame, type Side } from './frames.ts';
import { inFragments } from './fragments.ts';
import { text } from './messages.ts';

/** Something RFC 6455 or a limit forbids, and the close code that says so. */
export interface Sin {
  readonly name: string;
  readonly code: number;
  /** The last one is at fault, and those before it are not. */
  readonly frames: readonly Frame[] | ((side: Side) => readonly Frame[]);
  /** Cannot stand within a fragmented message. */
  readonly isMessage?: boolean;
  /** Something said before would count too. */
  readonly isFirst?: boolean;
}

const MIB = 1024 * 1024;

const FORGED = 'never heard';

const headers: Sin[] = [
  ...[TEXT, BINARY, CLOSE, PING, PONG].flatMap((opcode) =>
    [4, 2, 1].map((rsv) => ({
      name: `opcode ${opcode} with reserved bit ${{ 4: 1, 2: 2, 1: 3 }[rsv]}`,
      code: 1002,
      frames: [{ opcode, rsv, payload: opcode === CLOSE ? '' : FORGED }],
    })),
  ),
  { name: 'all reserved bits', code: 1002, frames: [{ opcode: TEXT, rsv: 7, payload: FORGED }] },
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].flatMap((opcode) => [
    { name: `opcode ${opcode}`, code: 1002, frames: [{ opcode, payload: FORGED }] },
    { name: `opcode ${opcode}, empty and not final`, code: 1002, frames: [{ opcode, fin: false }] },
  ]),
  ...[TEXT, BINARY, CLOSE, PING, PONG].map((opcode) => ({
    name: `opcode ${opcode}, masked as the other side must be`,
    code: 1002,
    frames: (side: Side) => [
      {
        opcode,
        payload: opcode === CLOSE ? '' : FORGED,
        mask: side === 'caller' ? null : Buffer.from('wxyz'),
      },
    ],
  })),
];

const lengths: Sin[] = [
  ...[0, 1, 125].flatMap((size) =>
    ([2, 8] as const).map((width) => ({
      name: `${size} bytes with a length of ${width} bytes`,
      code: 1002,
      frames: [{ ...text('x'.repeat(size)), width }],
      isMessage: true,
    })),
  ),
  ...[126, 65_535].map((size) => ({
    name: `${size} bytes with a length of 8 bytes`,
    code: 1002,
    frames: [{ ...text('x'.repeat(size)), width: 8 as const }],
    isMessage: true,
  })),
  { name: 'a ping with a length of 2 bytes', code: 1002, frames: [{ opcode: PING, payload: 'p', width: 2 }] },
  { name: 'a ping of 126 bytes', code: 1002, frames: [{ opcode: PING, payload: 'p'.repeat(126) }] },
  { name: 'a pong of 126 bytes', code: 1002, frames: [{ opcode: PONG, payload: 'p'.repeat(126) }] },
  { name: 'a ping of 65,536 bytes', code: 1002, frames: [{ opcode: PING, payload: 'p'.repeat(65_536) }] },
  { name: 'a close of 126 bytes', code: 1002, frames: [closing(1000, 'r'.repeat(124))] },
  ...[2n ** 63n, 2n ** 64n - 1n].map((announced) => ({
    name: `${announced} bytes announced`,
    code: 1002,
    frames: [{ opcode: BINARY, announced }],
    isMessage: true,
  })),
  ...[BigInt(16 * MIB + 1), 2n ** 32n, 2n ** 62n, 2n ** 63n - 1n].map((announced) => ({
    name: `${announced} bytes announced`,
    code: 1009,
    frames: [{ opcode: BINARY, announced }],
    isMessage: true,
  })),
];

function controls(count: number, opcode: number): Frame[] {
  return Array.from({ length: count }, (_, index) => ({ opcode, payload: `${index}` }));
}

const sequences: Sin[] = [
  ...[PING, PONG, CLOSE].map((opcode) => ({
    name: `opcode ${opcode} that is not final`,
    code: 1002,
    frames: [{ opcode, fin: false }],
  })),
  {
    name: 'a continuation of nothing',
    code: 1002,
    frames: [{ opcode: CONTINUATION, payload: FORGED }],
    isMessage: true,
  },
  {
    name: 'an empty continuation of nothing',
    code: 1002,
    frames: [{ opcode: CONTINUATION }],
    isMessage: true,
  },
  {
    name: 'a continuation of nothing that is not final',
    code: 1002,
    frames: [{ opcode: CONTINUATION, fin: false }],
    isMessage: true,
  },
  {
    name: 'a continuation after a finished message',
    code: 1002,
    frames: [...inFragments(TEXT, ['a', 'b']), { opcode: CONTINUATION, payload: FORGED }],
    isMessage: true,
  },
  ...[TEXT, BINARY].flatMap((opcode) =>
    [true, false].map((fin) => ({
      name: `opcode ${opcode}, ${fin ? '' : 'not '}final, within a message`,
      code: 1002,
      frames: [{ ...text('a'), fin: false }, { opcode: PING }, { opcode, fin, payload: FORGED }],
      isMessage: true,
    })),
  ),
  {
    name: 'a text in fragments, the second one with a reserved bit',
    code: 1002,
    frames: [
      { ...text('a'), fin: false },
      { opcode: CONTINUATION, rsv: 4, payload: FORGED },
    ],
    isMessage: true,
  },
  {
    name: '4097 fragments',
    code: 1008,
    frames: inFragments(TEXT, Array<string>(4097).fill('a')),
    isMessage: true,
  },
  {
    name: '4097 empty fragments',
    code: 1008,
    frames: inFragments(BINARY, Array<string>(4097).fill('')),
    isMessage: true,
  },
  {
    name: '4097 fragments, a ping after a few of them',
    code: 1008,
    frames: inFragments(TEXT, Array<string>(4097).fill('a')).flatMap((frame, index) =>
      index % 100 === 99 ? [frame, { opcode: PING }] : [frame],
    ),
    isMessage: true,
  },
  { name: '1001 pings at once', code: 1008, frames: controls(1001, PING), isFirst: true },
  { name: '1001 pongs at once', code: 1008, frames: controls(1001, PONG), isFirst: true },
  {
    name: '16 MiB and a byte in two fragments',
    code: 1009,
    frames: [
      { opcode: BINARY, payload: Buffer.alloc(8 * MIB), fin: false },
      { opcode: CONTINUATION, announced: BigInt(8 * MIB + 1) },
    ],
    isMessage: true,
  },
  {
    name: 'a byte after 16 MiB in fragments',
    code: 1009,
    frames: inFragments(BINARY, [Buffer.alloc(16 * MIB), '', 'x']),
    isMessage: true,
  },
];

const codes: Sin[] = [
  0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 1999, 2000, 2999, 5000, 5001, 9999, 32_768, 65_535,
].map((code) => ({ name: `close ${code}`, code: 1002, frames: [closing(code)] }));

export const brokenRules: readonly Sin[] = [
  ...headers,
  ...lengths,
  ...sequences,
  ...codes,
  { name: 'a close with a reason and code 1005', code: 1002, frames: [closing(1005, 'none')] },
  { name: 'a close with one byte', code: 1002, frames: [{ opcode: CLOSE, payload: '\u0003' }] },
];
