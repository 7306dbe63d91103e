import { brokenRules, type Sin } from './broken-rules.ts';
import { BINARY, closing, PING, seen, type Frame, type Piece, type Side } from './frames.ts';
import { range, text } from './messages.ts';
import { notText } from './not-text.ts';
import type { Case } from './play.ts';
import { bothWays, otherThan } from './steps.ts';

const begun: Frame[] = [text('whole'), { ...text('begun'), fin: false }, { opcode: PING, payload: 'p' }];

const nothing: Frame[] = [];

const places: readonly [where: string, before: readonly Frame[]][] = [
  ['first thing', nothing],
  [
    'after good messages',
    [text('good'), { opcode: PING, payload: 'p' }, { opcode: BINARY, payload: 'morning' }],
  ],
  ['within a fragmented message', begun],
];

/** The sinner hears what it did, the other side that the call is over; good frames arrive, the forbidden one does not. */
function punished(
  sin: Sin,
  before: readonly Frame[],
  side: Side,
  frames: readonly Frame[],
): NonNullable<Case['instead']> {
  const good = [...before, ...frames.slice(0, -1)].map((frame) => seen(frame, side));
  return {
    [side]: { frames: [new RegExp(`^close ${sin.code}( "|$)`)], end: 'gone' },
    [otherThan(side)]: { frames: [...good, 'close 1011'], end: 'fin' },
  };
}

const everySin: Case[] = [...brokenRules, ...notText].flatMap((sin) =>
  places
    .filter(([, before]) => before === nothing || !sin.isFirst)
    .filter(([, before]) => before !== begun || !sin.isMessage)
    .flatMap(([where, before]) =>
      bothWays(`${sin.name}, ${where}`, (from, _, side) => {
        const frames = typeof sin.frames === 'function' ? sin.frames(side) : sin.frames;
        return {
          script: [from.sends(...before, ...frames)],
          polite: true,
          instead: punished(sin, before, side, frames),
        };
      }),
    ),
);

const LATE = 'too late';

const afterClosing: readonly [name: string, pieces: readonly Piece[]][] = [
  ['a message', [text(LATE)]],
  ['a ping', [{ opcode: PING, payload: LATE }]],
  ['another close', [closing(1001, LATE)]],
  ['a fragment', [{ ...text(LATE), fin: false }]],
  ['many messages', range(100).map(() => text(LATE))],
  ['bytes that are no frames', [Buffer.from('GET / HTTP/1.1\r\n\r\n')]],
];

/** One close frame is all that the other side hears; whether the sinner hears its answer is open. */
const late: Case[] = afterClosing.flatMap(([name, pieces]) =>
  bothWays(`${name} after a close`, (from, _, side) => ({
    script: [from.sends(text('good'), closing(1000, 'bye'), ...pieces)],
    polite: true,
    instead: {
      [side]: { frames: [/^close (1000 "bye"|1002( "|$))/], end: 'gone' },
      [otherThan(side)]: { frames: ['text "good"', 'close 1000 "bye"'], end: 'fin' },
    },
  })),
);

/** What is passed on before its fault can be known: no whole message arrives, and the connection is cut. */
const bigFaults: Case[] = [
  ['at its end', Buffer.from(`${'a'.repeat(300_000)}\u00ff`, 'latin1')],
  [
    'after 150,000 bytes',
    Buffer.concat([Buffer.alloc(150_000, 97), Buffer.from([0xc0]), Buffer.alloc(150_000, 97)]),
  ],
].flatMap(([where = '', bytes = '']) =>
  bothWays(`a text of 300,000 bytes that is no UTF-8 ${String(where)}`, (from, _, side) => ({
    script: [from.sends(text('good'), text(bytes))],
    polite: true,
    instead: {
      [side]: { frames: [/^close 1007( "|$)/], end: 'gone' },
      [otherThan(side)]: { frames: ['text "good"'], unfinished: true, end: 'gone' },
    },
  })),
);

export const forbidden: readonly Case[] = [...everySin, ...late, ...bigFaults];
