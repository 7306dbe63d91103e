import { BINARY, CLOSE, closing, CONTINUATION, PING, PONG, seen, TEXT, type Frame } from './frames.ts';
import { range, text } from './messages.ts';
import type { Case, Step } from './play.ts';
import { bot, bothWays, caller, hangUp, otherThan } from './steps.ts';

const empty: Frame = { opcode: CLOSE };

/** A close frame from either side, answered with the other one. */
function closes(name: string, first: Frame, answer: Frame = first): Case[] {
  return bothWays(name, (from, to) => ({
    script: [from.sends(first), to.hears('close'), to.sends(answer), from.hears('close'), ...hangUp],
  }));
}

const allowed = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014];
const applications = [3000, 3001, 3999, 4000, 4001, 4999];

const words: Case[] = [
  ...[...allowed, ...applications].flatMap((code) => closes(`close ${code}`, closing(code))),
  ...closes('an empty close', empty),
  ...closes('close 1000 with a reason', closing(1000, 'thank you for calling')),
  ...closes('close with a reason of 123 bytes', closing(4000, 'r'.repeat(123))),
  ...closes('close with a reason of 122 bytes', closing(1001, 'r'.repeat(122))),
  ...closes('close with a reason in UTF-8', closing(1000, 'Grüße €📞')),
  ...closes('close with 123 bytes of three-byte characters', closing(1000, '€'.repeat(41))),
  ...closes('close with a zero byte in its reason', closing(1000, 'a\0b')),
  ...closes('close answered with another code', closing(1000), closing(4321, 'my own words')),
  ...closes('close 4000 answered with 1000', closing(4000, 'why'), closing(1000)),
  ...closes('close answered with an empty close', closing(1001, 'going away'), empty),
  ...closes('an empty close answered with 1000', empty, closing(1000)),
  ...closes('close 1011 from a peer itself', closing(1011)),
];

const unfinished: Frame = { opcode: TEXT, payload: 'begun', fin: false };

const around: Case[] = [
  ...bothWays('a message and a close in one segment', (from, to) => ({
    script: [
      from.sends(text('last words'), closing(1000)),
      to.hears('close'),
      to.sends(closing(1000)),
      ...hangUp,
    ],
  })),
  ...bothWays('a thousand last words and a close', (from, to) => ({
    script: [
      from.sends(...range(1000).map((index) => text(`${index}`)), closing(1000)),
      to.hears('close'),
      to.sends(closing(1000)),
      from.hears('close'),
      ...hangUp,
    ],
  })),
  ...bothWays('4 MiB of last words and a close', (from, to) => ({
    script: [
      from.sends({ opcode: BINARY, payload: Buffer.alloc(4 * 1024 * 1024, 5) }, closing(1000)),
      to.hears('close'),
      to.sends(closing(1000)),
      from.hears('close'),
      ...hangUp,
    ],
  })),
  ...bothWays('messages to a side that has closed already', (from, to) => ({
    script: [
      from.sends(closing(1000)),
      to.hears('close'),
      to.sends(text('still'), { opcode: BINARY, payload: 'talking' }),
      from.hears(2),
      to.sends(closing(1000)),
      from.hears('close'),
      ...hangUp,
    ],
  })),
  ...bothWays('pings to a side that has closed already', (from, to) => ({
    script: [
      from.sends(closing(1000)),
      to.hears('close'),
      to.sends({ opcode: PING, payload: 'p' }, { opcode: PONG }, closing(1000)),
      from.hears('close'),
      ...hangUp,
    ],
  })),
  ...bothWays('the rest of a fragmented message to a side that has closed already', (from, to) => ({
    script: [
      to.sends(unfinished),
      from.hears(1),
      from.sends(closing(1001)),
      to.hears('close'),
      to.sends({ opcode: CONTINUATION, payload: 'and ended' }, closing(1001)),
      from.hears('close'),
      ...hangUp,
    ],
  })),
  ...bothWays('a close within a fragmented message', (from, to) => ({
    script: [
      from.sends(unfinished, closing(1000)),
      to.hears('close'),
      to.sends(closing(1000)),
      from.hears('close'),
      ...hangUp,
    ],
  })),
  ...bothWays('a close cut into single bytes', (from, to) => ({
    script: [
      from.sendsCut([closing(1000, 'slow')], [1, 2, 3, 4, 5, 6, 7]),
      to.hears('close'),
      to.sends(closing(1000)),
      from.hears('close'),
      ...hangUp,
    ],
  })),
  {
    name: 'both close at once, with the same code',
    script: [
      caller.sends(closing(1000)),
      bot.sends(closing(1000)),
      caller.hears('close'),
      bot.hears('close'),
      ...hangUp,
    ],
  },
  {
    name: 'both close at once, each with its own code',
    script: [
      caller.sends(text('my last'), closing(4001, 'me')),
      bot.sends(text('mine too'), closing(4002, 'no, me')),
      caller.hears('close'),
      bot.hears('close'),
      ...hangUp,
    ],
  },
];

const ends: Case[] = [
  ...bothWays('a close and a FIN at once; the answer still comes back', (from, to) => ({
    script: [
      from.sends(closing(1000, 'bye')),
      from.ends,
      to.hears('close'),
      to.sends(closing(1000, 'bye')),
      from.hears('close'),
      to.ends,
    ],
  })),
  ...bothWays('last words, a close and a FIN at once; last words and the answer come back', (from, to) => ({
    script: [
      from.sends(text('last'), closing(1000, 'bye')),
      from.ends,
      to.hears('close'),
      to.sends(text('words'), closing(1000, 'bye')),
      from.hears('close'),
      to.ends,
    ],
  })),
  {
    name: 'the caller ends its connection first after the close frames',
    script: [
      caller.sends(closing(1000)),
      bot.hears('close'),
      bot.sends(closing(1000)),
      caller.hears('close'),
      caller.ends,
      bot.hears('end'),
      bot.ends,
    ],
  },
  ...bothWays('a close that is answered with a FIN and no close frame', (from, to) => ({
    script: [from.sends(closing(1000)), to.hears('close'), to.ends, from.hears('end'), from.ends],
  })),
  ...bothWays('a close that is answered with a RST', (from, to, side) => ({
    script: [from.sends(closing(1000)), to.hears('close'), to.resets, from.hears('end'), from.ends],
    instead: { [side]: { frames: [], end: 'fin' } },
  })),
  ...bothWays('a close and then a RST', (from, to, side) => ({
    script: [from.sends(closing(1000, 'bye')), to.hears('close'), from.resets],
    polite: true,
    instead: { [otherThan(side)]: { frames: ['close 1000 "bye"'], end: 'fin' } },
  })),
];

/** Whoever does not finish closing is cut off; without a gateway nobody would do that. */
const neverEnding: Case[] = [
  ...bothWays('a close that is never answered', (from, _, side) => ({
    script: [from.sends(closing(1000, 'hello?'))],
    instead: {
      [side]: { frames: [], end: 'gone' },
      [otherThan(side)]: { frames: ['close 1000 "hello?"'], end: 'gone' },
    },
  })),
  ...bothWays('a close that is answered, and nobody ends the connection', (from, to, side) => {
    const answer: Step[] = [from.sends(closing(4000)), to.hears('close'), to.sends(closing(4000))];
    const closed = { frames: [seen(closing(4000), side)], end: 'gone' } as const;
    return { script: answer, instead: { caller: closed, bot: closed } };
  }),
];

export const closings: readonly Case[] = [...words, ...around, ...ends, ...neverEnding];
