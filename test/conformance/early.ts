import { BINARY, bytesOf, CONTINUATION, PING, TEXT, type Frame, type Piece } from './frames.ts';
import { ofSize, range, text } from './messages.ts';
import type { Case } from './play.ts';
import { actors, bot, caller, goodbye, otherThan, sides } from './steps.ts';

const glued: Case[] = [
  ...sides.flatMap((side) =>
    (
      [
        ['a message', [text('first')]],
        ['a ping', [{ opcode: PING, payload: 'first' }]],
        ['many messages', range(300).map((index) => text(`early ${index}`))],
        ['a big message', [ofSize(BINARY, 200_000), text('next')]],
        [
          'a whole fragmented message',
          [
            { ...text('a'), fin: false },
            { opcode: CONTINUATION, payload: 'b' },
          ],
        ],
      ] satisfies [string, Frame[]][]
    ).map(([name, frames]) => ({
      name: `${side}: ${name} in the segment of the handshake`,
      glued: { [side]: frames },
      script: [actors[side].sends(text('later')), actors[otherThan(side)].hears(frames.length), ...goodbye],
    })),
  ),
  ...sides.map((side) => ({
    name: `${side}: half a header in the segment of the handshake`,
    glued: { [side]: [bytesOf(text('cut'), side).subarray(0, 1)] },
    script: [actors[side].sends(bytesOf(text('cut'), side).subarray(1), text('later')), ...goodbye],
  })),
  {
    name: 'both: messages in the segments of the handshake',
    glued: { caller: [text('from the caller')], bot: [text('from the bot')] },
    script: [caller.hears(1), bot.hears(1), ...goodbye],
  },
];

/** Said by the caller while the bot that was dialled has not answered yet. */
const early: Case[] = (
  [
    ['a message', [text('hello?')]],
    ['a ping', [{ opcode: PING, payload: 'hello?' }]],
    ['300 messages', range(300).map((index) => text(`hello ${index}`))],
    ['10,000 messages', range(10_000).map((index) => text(`hello ${index}`))],
    ['60,000 bytes', [ofSize(TEXT, 60_000)]],
    ['100,000 bytes', [ofSize(TEXT, 100_000), text('and more')]],
    ['1 MiB', [ofSize(BINARY, 1024 * 1024)]],
    ['a fragment', [{ ...text('begun '), fin: false }]],
    ['half a frame', [bytesOf(text('whole'), 'caller').subarray(0, 8)]],
  ] satisfies [string, Piece[]][]
).map(([name, pieces]) => ({
  name: `caller: ${name} before the bot answers`,
  early: pieces,
  script: [caller.sends(...restOf(name), text('later')), bot.hears(1), ...goodbye],
}));

function restOf(name: string): Piece[] {
  if (name === 'a fragment') return [{ opcode: CONTINUATION, payload: 'and ended' }];
  return name === 'half a frame' ? [bytesOf(text('whole'), 'caller').subarray(8)] : [];
}

/** What is said before the other side is there. */
export const earlyWords: readonly Case[] = [...glued, ...early];
