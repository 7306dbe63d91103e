import { BINARY, CONTINUATION, PING, PONG, TEXT, type Frame } from './frames.ts';
import { range, text } from './messages.ts';
import type { Case } from './play.ts';
import { bothWays, goodbye, passes } from './steps.ts';

/** A message in fragments. `between`: control frames after every fragment but the last. */
export function inFragments(
  opcode: number,
  payloads: readonly (string | Buffer)[],
  between: readonly Frame[] = [],
): Frame[] {
  return payloads.flatMap((payload, index) => {
    const fin = index === payloads.length - 1;
    return [{ opcode: index === 0 ? opcode : CONTINUATION, payload, fin }, ...(fin ? [] : between)];
  });
}

const KIB = 1024;

const counts: Case[] = [2, 3, 10, 127, 1000, 4096].flatMap((count) => [
  ...passes(`text in ${count} fragments`, ...inFragments(TEXT, range(count).map(String))),
  ...passes(`binary in ${count} fragments`, ...inFragments(BINARY, range(count).map(String))),
  ...passes(`nothing, in ${count} fragments`, ...inFragments(TEXT, Array<string>(count).fill(''))),
]);

const shapes: Case[] = [
  ...passes('an empty first fragment', ...inFragments(TEXT, ['', 'b', 'c'])),
  ...passes('an empty middle fragment', ...inFragments(TEXT, ['a', '', 'c'])),
  ...passes('an empty last fragment', ...inFragments(TEXT, ['a', 'b', ''])),
  ...passes('only an empty middle and last one', ...inFragments(BINARY, ['a', '', ''])),
  ...passes('fragments of 64 KiB', ...inFragments(BINARY, Array<Buffer>(5).fill(Buffer.alloc(64 * KIB, 7)))),
  ...passes(
    'fragments that make 16 MiB',
    ...inFragments(BINARY, Array<Buffer>(16).fill(Buffer.alloc(KIB * KIB, 7))),
  ),
  ...passes(
    'fragments of many sizes',
    ...inFragments(
      TEXT,
      [1, 125, 126, 65_536, 0, 2].map((size) => 'a'.repeat(size)),
    ),
  ),
  ...passes(
    'a message in fragments after another',
    ...inFragments(TEXT, ['a', 'b']),
    ...inFragments(BINARY, ['c', 'd']),
  ),
  ...passes('whole messages around one in fragments', text('a'), ...inFragments(TEXT, ['b', 'c']), text('d')),
  ...passes(
    '4096 fragments, twice',
    ...inFragments(TEXT, Array<string>(4096).fill('a')),
    ...inFragments(TEXT, Array<string>(4096).fill('b')),
  ),
];

const ping: Frame = { opcode: PING, payload: 'between' };
const pong: Frame = { opcode: PONG, payload: 'between' };

const interleaved: Case[] = [
  ...passes('a ping between two fragments', ...inFragments(TEXT, ['a', 'b'], [ping])),
  ...passes('a pong between two fragments', ...inFragments(TEXT, ['a', 'b'], [pong])),
  ...passes('an empty ping between two fragments', ...inFragments(TEXT, ['a', 'b'], [{ opcode: PING }])),
  ...passes(
    'a ping of 125 bytes between fragments',
    ...inFragments(BINARY, ['a', 'b', 'c'], [{ opcode: PING, payload: 'p'.repeat(125) }]),
  ),
  ...passes(
    'pings and pongs between fragments',
    ...inFragments(TEXT, ['a', '', 'c', 'd'], [ping, pong, ping]),
  ),
  ...passes('999 pings between 1000 fragments', ...inFragments(TEXT, Array<string>(1000).fill('a'), [ping])),
  ...passes(
    'a ping between the halves of a character',
    ...inFragments(TEXT, [Buffer.from('e2', 'hex'), Buffer.from('82ac', 'hex')], [ping]),
  ),
  ...bothWays('a ping between fragments, answered before the last one', (from, to) => ({
    script: [
      from.sends({ ...text('a'), fin: false }, ping),
      to.hears(2),
      to.sends(pong),
      from.hears(1),
      from.sends({ opcode: CONTINUATION, payload: 'b' }),
      ...goodbye,
    ],
  })),
  ...bothWays('a fragment is passed on before the next one is there', (from, to) => ({
    script: [
      from.sends({ ...text('a'), fin: false }),
      to.hears(1),
      from.sends({ opcode: CONTINUATION, fin: false }),
      to.hears(2),
      from.sends({ opcode: CONTINUATION, payload: 'b' }),
      to.hears(3),
      ...goodbye,
    ],
  })),
  ...bothWays('fragmented messages both ways at once', (from, to) => ({
    script: [
      from.sends({ ...text('a'), fin: false }),
      to.sends({ opcode: BINARY, payload: '1', fin: false }),
      to.hears(1),
      from.sends({ opcode: CONTINUATION, payload: 'b' }),
      from.hears(1),
      to.sends({ opcode: CONTINUATION, payload: '2' }),
      ...goodbye,
    ],
  })),
];

/** Bytes of a text, and where it is cut into fragments. */
const characters: readonly [name: string, text: string, cuts: readonly number[]][] = [
  ['of two bytes, cut inside', 'ü', [1]],
  ['of three bytes, cut after one', '€', [1]],
  ['of three bytes, cut after two', '€', [2]],
  ['of three bytes, cut twice', '€', [1, 2]],
  ['of four bytes, cut after one', '📞', [1]],
  ['of four bytes, cut after two', '📞', [2]],
  ['of four bytes, cut after three', '📞', [3]],
  ['of four bytes, a byte a fragment', '📞', [1, 2, 3]],
  ['of four bytes, with empty fragments inside', '📞', [1, 1, 2, 2, 3]],
  ['U+10FFFF, U+D7FF and U+E000, a byte a fragment', '\u{10ffff}\ud7ff\ue000', [1, 2, 3, 4, 5, 6, 7, 8, 9]],
];

const split: Case[] = characters.flatMap(([name, whole, cuts]) => {
  const bytes = Buffer.from(whole);
  const payloads = [0, ...cuts].map((from, index) => bytes.subarray(from, cuts[index]));
  return passes(`characters ${name}`, ...inFragments(TEXT, payloads));
});

export const fragments: readonly Case[] = [...counts, ...shapes, ...interleaved, ...split];
