import { BINARY, bytesOf, PING, seen, TEXT, type Frame, type Piece } from './frames.ts';
import { inFragments } from './fragments.ts';
import { text } from './messages.ts';
import type { Case } from './play.ts';
import { bothWays, otherThan } from './steps.ts';

interface Vanishing {
  readonly name: string;
  /** What is said and heard before. */
  readonly whole: readonly Frame[];
  /** How much of which frame follows it. */
  readonly part?: readonly [frame: Frame, bytes: number];
}

const medium: Frame = { opcode: BINARY, payload: Buffer.alloc(5000, 1) };
const large: Frame = { opcode: BINARY, payload: Buffer.alloc(60_000, 1) };
const [begun = text(), goneOn = text()] = inFragments(TEXT, ['a', 'b', 'c']);

const vanishings: readonly Vanishing[] = [
  { name: 'right after the handshake', whole: [] },
  { name: 'after a message', whole: [text('hello')] },
  { name: 'after a ping', whole: [{ opcode: PING, payload: 'p' }] },
  { name: 'after the first byte of a header', whole: [text('hello')], part: [medium, 1] },
  { name: 'inside the length', whole: [text('hello')], part: [medium, 3] },
  { name: 'after the length, before any payload', whole: [], part: [medium, 4] },
  { name: 'inside the payload of a small frame', whole: [text('hello')], part: [text('never heard'), 9] },
  { name: 'inside a payload', whole: [], part: [medium, 4000] },
  { name: 'one byte before the end of a frame of 60,000 bytes', whole: [], part: [large, 60_003] },
  { name: 'inside a ping', whole: [text('hello')], part: [{ opcode: PING, payload: 'abcdef' }, 5] },
  { name: 'after the first fragment', whole: [begun] },
  { name: 'after two fragments', whole: [begun, goneOn] },
  { name: 'inside the second fragment', whole: [begun], part: [{ ...goneOn, payload: 'b'.repeat(99) }, 50] },
  { name: 'after a ping between fragments', whole: [begun, { opcode: PING }] },
];

const small: Case[] = vanishings.flatMap(({ name, whole, part }) =>
  (['reset', 'fin'] as const).flatMap((how) =>
    bothWays(`${how === 'fin' ? 'FIN without a close' : 'RST'} ${name}`, (from, to, side) => {
      const rest: Piece[] = part ? [bytesOf(part[0], side).subarray(0, part[1])] : [];
      const heard = {
        frames: [...whole.map((frame) => seen(frame, side)), 'close 1011'],
        end: 'fin',
      } as const;
      const silence = { frames: [], end: 'gone' } as const;
      return {
        script: [
          from.hears(0),
          from.sends(...whole),
          to.hears(whole.length),
          from.sends(...rest),
          how === 'fin' ? from.ends : from.resets,
        ],
        polite: true,
        instead: { [otherThan(side)]: heard, ...(how === 'fin' ? { [side]: silence } : {}) },
      };
    }),
  ),
);

const huge: Frame = { opcode: BINARY, payload: Buffer.alloc(1_000_000, 1) };

/** Nothing can be said any more inside a frame, so the connection is cut, and not with a RST. */
const big: Case[] = (['reset', 'fin'] as const).flatMap((how) =>
  bothWays(
    `${how === 'fin' ? 'FIN' : 'RST'} inside a frame that was passed on in part`,
    (from, to, side) => ({
      script: [
        from.sends(text('hello'), bytesOf(huge, side).subarray(0, 500_000)),
        to.hears('part'),
        how === 'fin' ? from.ends : from.resets,
      ],
      polite: true,
      ...(how === 'fin'
        ? {}
        : { instead: { [otherThan(side)]: { frames: ['text "hello"'], unfinished: true, end: 'fin' } } }),
    }),
  ),
);

/** Said in the last moment, and heard all the same. */
const lastWords: Case[] = [
  ...bothWays('a message and a FIN without a close at once', (from, _, side) => ({
    script: [from.sends(text('last words')), from.ends],
    polite: true,
    instead: {
      [side]: { frames: [], end: 'gone' },
      [otherThan(side)]: { frames: ['text "last words"', 'close 1011'], end: 'fin' },
    },
  })),
  ...bothWays('2 MiB and a FIN without a close at once', (from, _, side) => {
    const payload = Buffer.alloc(2 * 1024 * 1024, 3);
    return {
      script: [from.sends({ opcode: BINARY, payload }), from.ends],
      polite: true,
      instead: {
        [side]: { frames: [], end: 'gone' },
        [otherThan(side)]: { frames: [seen({ opcode: BINARY, payload }, side), 'close 1011'], end: 'fin' },
      },
    };
  }),
];

export const vanished: readonly Case[] = [...small, ...big, ...lastWords];
