import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { closings } from './closings.ts';
import { callTo, openLane, type Lane } from './ends.ts';
import { forbidden } from './forbidden.ts';
import { fragments } from './fragments.ts';
import { seen, type Side } from './frames.ts';
import { messages, text } from './messages.ts';
import { judge, play, type Case, type Route } from './play.ts';
import { caller, goodbye } from './steps.ts';
import { direct } from './suite.ts';
import { vanished } from './vanishings.ts';

/** What a relay of bytes does to a chunk after the handshake; null ends the connection. */
type Change = (chunk: Buffer, from: Side) => Buffer | null;

let lane: Lane;
let server: Server;
let change: Change = (chunk) => chunk;

beforeAll(async () => {
  lane = await openLane();
  server = createServer({ allowHalfOpen: true }, (socket) => {
    const onward = callTo(lane.port);
    copy(socket, onward, 'caller');
    copy(onward, socket, 'bot');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => {
  lane.close();
  server.close();
});

function copy(from: Socket, to: Socket, side: Side): void {
  let isHttp = true;
  from.setNoDelay(true).on('data', (chunk) => {
    const changed = isHttp ? chunk : change(chunk, side);
    isHttp &&= !chunk.includes('\r\n\r\n');
    if (changed) to.write(changed);
    else to.resetAndDestroy();
  });
  from.on('end', () => to.end()).on('error', () => to.resetAndDestroy());
}

const proxy: Route = { ...direct, name: 'proxy', port: () => (server.address() as AddressInfo).port };

async function agrees(played: Case, how: Change): Promise<boolean> {
  const without = await play(played, direct, lane);
  change = how;
  const { actual, expected } = judge(played, without, await play(played, proxy, lane, 500), []);
  return JSON.stringify(actual) === JSON.stringify(expected);
}

function named(cases: readonly Case[], name: string): Case {
  const found = cases.find((candidate) => candidate.name === name);
  if (!found) throw new Error(`no case ${name}`);
  return found;
}

const faithful: Change = (chunk) => chunk;

describe('the comparison', () => {
  test.each<[what: string, cases: readonly Case[], name: string, how: Change]>([
    ['drops the last byte', messages, 'caller: text of 125 bytes', (chunk) => chunk.subarray(0, -1)],
    ['flips a bit of a payload', messages, 'caller: binary of 126 bytes', flip(20, 1)],
    ['turns text into binary', messages, 'bot: text of 1 bytes', flip(0, 3)],
    ['sends a chunk twice', messages, 'bot: a ping of 0 bytes', (chunk) => Buffer.concat([chunk, chunk])],
    [
      'adds a ping',
      messages,
      'bot: text of 2 bytes',
      (chunk) => Buffer.concat([Buffer.from([0x89, 0]), chunk]),
    ],
    ['ends a message with its first fragment', fragments, 'bot: an empty last fragment', flip(0, 0x80)],
    ['joins fragments', fragments, 'bot: an empty first fragment', join],
    ['changes a close code', closings, 'caller: close 4000', flip(7, 1)],
    ['gives an empty close a code', closings, 'bot: an empty close', emptyTo1000],
    ['resets where there was a FIN', closings, 'caller: close 1001', resetAtClose],
    ['passes what is forbidden on', forbidden, 'caller: opcode 3, first thing', faithful],
    ['passes a vanishing on', vanished, 'caller: FIN without a close right after the handshake', faithful],
  ])('finds a relay that %s', async (_, cases, name, how) => {
    const played = named(cases, name);
    expect(await agrees(played, how)).toBe(false);
  });

  const lawful = [...messages, ...fragments, ...closings].filter(({ instead }) => !instead);
  const sample = lawful.filter((_, index) => index % 16 === 0);
  test.each(sample.map((played) => [played.name, played] as const))(
    'finds no fault with a relay that passes bytes on: %s',
    async (_, played) => {
      expect(await agrees(played, faithful)).toBe(true);
    },
  );

  test('sees what was sent', async () => {
    const script = [caller.sends(text('hi'), { opcode: 0, fin: false, rsv: 1, mask: null }), ...goodbye];
    const { bot } = await play({ name: '', script }, direct, lane);
    const frames = ['text "hi"', 'continuation (not final) rsv 1 unmasked', 'close 1000 "goodbye"'];
    expect(bot).toEqual({ frames, unfinished: false, end: 'fin' });
    expect(seen({ opcode: 9, payload: '\0', width: 8 }, 'caller')).toBe('ping length in 8 bytes 0x00');
  });
});

/** A fault at an offset of every chunk from the bot, or in the payload of one from the caller. */
function flip(at: number, bits: number): Change {
  return (chunk) => {
    const changed = Buffer.from(chunk);
    if (at < changed.length) changed.writeUInt8(changed.readUInt8(at) ^ bits, at);
    return changed;
  };
}

/** 'b' and 'c' in their own fragments, after an empty one. */
function join(chunk: Buffer): Buffer {
  const apart = Buffer.from([0x01, 0, 0x00, 1, 98, 0x80, 1, 99]);
  return chunk.equals(apart) ? Buffer.from([0x81, 2, 98, 99]) : chunk;
}

function emptyTo1000(chunk: Buffer, from: Side): Buffer {
  return from === 'bot' && chunk.equals(Buffer.from([0x88, 0])) ? Buffer.from([0x88, 2, 3, 232]) : chunk;
}

function resetAtClose(chunk: Buffer, from: Side): Buffer | null {
  return from === 'bot' ? null : chunk;
}
