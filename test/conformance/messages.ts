import { BINARY, bytesOf, CONTINUATION, PING, PONG, TEXT, type Frame, type Side } from './frames.ts';
import type { Case } from './play.ts';
import { actors, bothWays, caller, goodbye, passes, sides } from './steps.ts';

const KIB = 1024;
const MIB = KIB * KIB;

export function text(payload: string | Buffer = ''): Frame {
  return { opcode: TEXT, payload };
}

export function ofSize(opcode: number, size: number): Frame {
  // 251 is a prime: no two pieces of it are alike.
  return {
    opcode,
    payload: Buffer.alloc(size, Buffer.from(Array.from({ length: 251 }, (_, at) => at % 128))),
  };
}

const sizes = [0, 1, 2, 124, 125, 126, 127, 128, 65_535, 65_536, 65_537, MIB];

const ofEverySize: Case[] = [
  ...sizes.flatMap((size) => [
    ...passes(`text of ${size} bytes`, ofSize(TEXT, size)),
    ...passes(`binary of ${size} bytes`, ofSize(BINARY, size)),
  ]),
  ...passes('binary of 16 MiB, the most there may be', ofSize(BINARY, 16 * MIB)),
  ...passes('text of 16 MiB, the most there may be', ofSize(TEXT, 16 * MIB)),
  ...passes('binary with every byte', {
    opcode: BINARY,
    payload: Buffer.from(Array.from({ length: 256 }, (_, at) => at)),
  }),
  ...passes('binary that is not UTF-8', { opcode: BINARY, payload: Buffer.from('fffec080eda080', 'hex') }),
];

const characters: Case[] = [
  ['of two bytes', 'Grüße'],
  ['of three bytes', '€ 電話 \ufffd \ud7ff \ue000'],
  ['of four bytes', '📞 \u{10ffff} \u{10000}'],
  ['that are noncharacters', '\ufffe\uffff\ufdd0'],
  ['that are controls', 'a\u0000b\u001fc\u007fd\u0080e'],
  ['and a byte order mark', '\ufefftext'],
  ['one from every length', '\u007f\u0080\u07ff\u0800\uffff\u{10000}'],
  ['one by one, in many bytes', '€ 📞 ü '.repeat(2000)],
].flatMap(([name = '', payload = '']) => passes(`text with characters ${name}`, text(payload)));

const controls: Case[] = [
  ...[0, 1, 124, 125].flatMap((size) => [
    ...passes(`a ping of ${size} bytes`, ofSize(PING, size)),
    ...passes(`an unasked pong of ${size} bytes`, ofSize(PONG, size)),
  ]),
  ...passes('a ping that is not text', { opcode: PING, payload: Buffer.from('ff00fe', 'hex') }),
  ...passes('a ping before a message', { opcode: PING, payload: 'p' }, text('m')),
  ...passes('a ping after a message', text('m'), { opcode: PING, payload: 'p' }),
  ...passes('three pings alike', ...range(3).map(() => ({ opcode: PING, payload: 'same' }))),
  ...passes('a thousand pings', ...range(1000).map((index) => ({ opcode: PING, payload: `${index}` }))),
  ...bothWays('a ping, answered by the other side and nobody else', (from, to) => ({
    script: [
      from.sends({ opcode: PING, payload: 'are you there?' }),
      to.hears(1),
      to.sends({ opcode: PONG, payload: 'are you there?' }),
      from.hears(1),
      ...goodbye,
    ],
  })),
  ...bothWays('a ping that nobody answers', (from, to) => ({
    script: [from.sends({ opcode: PING }), to.hears(1), ...goodbye],
  })),
  ...bothWays('pings both ways at once', (from, to) => ({
    script: [
      from.sends({ opcode: PING, payload: 'a' }),
      to.sends({ opcode: PING, payload: 'b' }, { opcode: PONG, payload: 'a' }),
      from.hears(2),
      from.sends({ opcode: PONG, payload: 'b' }),
      to.hears(2),
      ...goodbye,
    ],
  })),
];

export function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

/** A little of everything, every payload its own. */
const mixture: Frame[] = range(60).map((index) => {
  const opcode = [TEXT, BINARY, PING, PONG, TEXT, BINARY][index % 6] ?? TEXT;
  return ofSize(opcode, [index, 126 + index, index, 125 - index, 3000 * index, 70_000][index % 6] ?? 0);
});

const order: Case[] = [
  ...passes('a mixture in one segment', ...mixture),
  ...passes('10,000 tiny messages in one burst', ...range(10_000).map((index) => text(`${index}`))),
  ...passes('10,000 empty messages', ...Array<Frame>(10_000).fill(text())),
  ...bothWays('mixtures both ways at once', (from, to) => ({
    script: [from.sends(...mixture), to.sends(...mixture.toReversed()), ...goodbye],
  })),
  ...bothWays('question and answer, a hundred times', (from, to) => ({
    script: [
      ...range(100).flatMap((index) => [
        from.sends(text(`question ${index}`)),
        to.hears(index + 1),
        to.sends(text(`answer ${index}`)),
        from.hears(index + 1),
      ]),
      ...goodbye,
    ],
  })),
];

function lengthOn(side: Side, frames: readonly Frame[]): number {
  return frames.reduce((sum, frame) => sum + bytesOf(frame, side).length, 0);
}

const headerSizes: readonly [name: string, frame: Frame, ofBot: number][] = [
  ['short', text('hello'), 2],
  ['medium', ofSize(BINARY, 300), 4],
  ['long', ofSize(TEXT, 70_000), 10],
];

const segments: Case[] = [
  ...bothWays('small frames, byte by byte', (from, _, side) => {
    const frames = [text('hello'), { opcode: PING, payload: 'ping' }, text('€'), ofSize(BINARY, 130), text()];
    return { script: [from.sendsCut(frames, range(lengthOn(side, frames)).slice(1)), ...goodbye] };
  }),
  ...bothWays('a fragmented message, byte by byte', (from, _, side) => {
    const frames = [text('a€'), { opcode: PING }, { opcode: CONTINUATION, payload: '📞' }];
    const fragmented = frames.map((frame, index) => ({ ...frame, fin: index > 0 }));
    return { script: [from.sendsCut(fragmented, range(lengthOn(side, fragmented)).slice(1)), ...goodbye] };
  }),
  ...headerSizes.flatMap(([name, frame, ofBot]) =>
    sides.flatMap((side) =>
      range(side === 'bot' ? ofBot : ofBot + 4).map((before) => ({
        name: `${side}: a ${name} frame, cut after byte ${before + 1} of its header`,
        script: [actors[side].sendsCut([frame, text('next')], [before + 1]), ...goodbye],
      })),
    ),
  ),
  ...[1, 2, 3].flatMap((before) =>
    bothWays(`a character cut after ${before} of its 4 bytes, by TCP`, (from, _, side) => ({
      script: [from.sendsCut([text('📞')], [lengthOn(side, [text('📞')]) - 4 + before]), ...goodbye],
    })),
  ),
  ...[60_000, 65_536, 65_550, 100_000, 131_072].flatMap((cut) =>
    bothWays(`a frame of 200,000 bytes, cut after ${cut}`, (from) => ({
      script: [from.sendsCut([ofSize(TEXT, 200_000), text('next')], [cut]), ...goodbye],
    })),
  ),
  ...bothWays('a big text of four-byte characters, cut into odd segments', (from) => ({
    script: [
      from.sendsCut(
        [text('📞'.repeat(40_000)), text('next')],
        range(23).map((index) => 6997 * (index + 1)),
      ),
      ...goodbye,
    ],
  })),
  ...bothWays('the end of a frame and the beginning of the next in one segment', (from, _, side) => {
    const [a, b] = [ofSize(BINARY, 1000), ofSize(BINARY, 2000)];
    const first = lengthOn(side, [a]);
    return { script: [from.sendsCut([a, b], [first - 10, first + 3]), ...goodbye] };
  }),
];

const masks: Case[] = ['00000000', 'ffffffff', '00ff00ff', '80808080', '01020304', '000000ff'].flatMap(
  (hex) => {
    const mask = Buffer.from(hex, 'hex');
    return [
      {
        name: `caller: frames masked with ${hex}`,
        script: [
          caller.sends(
            { ...text('every mask € works 📞'), mask },
            { ...ofSize(BINARY, 1021), mask },
            { ...ofSize(PING, 125), mask },
            { ...text(), mask },
          ),
          ...goodbye,
        ],
      },
      {
        name: `caller: a fragmented text masked with ${hex}, then with others, cut inside characters`,
        script: [
          caller.sends(
            { opcode: TEXT, payload: Buffer.from('61e2', 'hex'), fin: false, mask },
            { opcode: CONTINUATION, payload: Buffer.from('82', 'hex'), fin: false },
            { opcode: CONTINUATION, payload: Buffer.from('ac62f0', 'hex'), fin: false, mask },
            { opcode: CONTINUATION, payload: Buffer.from('9f939e', 'hex') },
          ),
          ...goodbye,
        ],
      },
    ];
  },
);

export const messages: readonly Case[] = [
  ...ofEverySize,
  ...characters,
  ...controls,
  ...order,
  ...segments,
  ...masks,
];
