import { describe, expect, test } from 'vitest';
import { carrierNames, moduleOf } from '../helpers/carriers.ts';
import { bytesOf, closing, PING, PONG, TEXT, type Frame } from './frames.ts';
import { inFragments } from './fragments.ts';
import { range, text } from './messages.ts';
import { judge, play, type Case } from './play.ts';
import { caller, goodbye } from './steps.ts';
import { direct, endpoints, stage, through } from './suite.ts';

const scene = stage();

describe.concurrent.each(endpoints)('a handshake through /ws/%s', (endpoint) => {
  const own = endpoint === 'generic' ? null : moduleOf(endpoint).stream.subprotocol;

  test.each<[offers: readonly string[], choice: string | null]>([
    [[], null],
    [['chat'], 'chat'],
    [['chat'], null],
    [['first, second, third'], 'second'],
    [['first', 'second', 'third'], 'third'],
    [['zebra, Apple, mango'], 'Apple'],
    [['zebra, Apple, mango'], null],
    [['spaced ,  out'], 'out'],
    [["!#$%&'*+-.^_`|~09azAZ"], "!#$%&'*+-.^_`|~09azAZ"],
    [['audio.twilio.com'], 'audio.twilio.com'],
    [['audio.twilio.com'], null],
    [['chat, audio.twilio.com'], 'chat'],
    [['Audio.Twilio.Com'], 'Audio.Twilio.Com'],
    [
      [
        range(40)
          .map((index) => `protocol-${index}`)
          .join(', '),
      ],
      'protocol-39',
    ],
  ])('that offers %j to a bot that chooses %j', async (offers, choice) => {
    const played: Case = {
      name: 'subprotocols',
      lines: {
        caller: offers.map((offer) => `Sec-WebSocket-Protocol: ${offer}`),
        bot: choice === null ? [] : [`Sec-WebSocket-Protocol: ${choice}`],
      },
      script: [caller.sends(text('hello')), ...goodbye],
    };
    const without = await scene.onLane((lane) => play(played, direct, lane));
    const { handshake } = await scene.onLane((lane) => play(played, through(endpoint, scene), lane));
    expect(handshake.bot.subprotocol).toBe(without.handshake.bot.subprotocol);
    // A carrier is answered before its bot is dialled, so it hears what its dialect says.
    const offered = without.handshake.bot.subprotocol?.split(', ') ?? [];
    const answered = endpoint === 'generic' ? choice : (offered.find((offer) => offer === own) ?? null);
    expect(handshake.caller.subprotocol).toBe(answered);
  });

  test.each([
    'permessage-deflate',
    'permessage-deflate; client_max_window_bits',
    'permessage-deflate; server_no_context_takeover, permessage-deflate',
    'x-webkit-deflate-frame',
  ])('that offers the extension %s gets none, and the bot is not asked', async (offer) => {
    const played: Case = {
      name: 'extensions',
      lines: { caller: [`Sec-WebSocket-Extensions: ${offer}`] },
      script: [caller.sends(text('hello')), ...goodbye],
    };
    const without = await scene.onLane((lane) => play(played, direct, lane));
    expect(without.handshake.bot.extensions).toBe(offer);
    const route = through(endpoint, scene);
    const seen = await scene.onLane((lane) => play(played, route, lane));
    expect(seen.handshake.bot.extensions).toBeNull();
    expect(seen.handshake.caller.extensions).toBeNull();
    const { actual, expected } = judge(played, without, seen, route.opening);
    expect(actual).toEqual(expected);
  });
});

const ping: Frame = { opcode: PING, payload: 'early' };

/** However a carrier says its first messages, the bot sees them so. */
describe.concurrent.each(carrierNames)('the opening of %s', (name) => {
  test.each<[how: string, say: (opening: readonly Frame[]) => readonly Frame[], inBytes?: true]>([
    ['in single bytes', (opening) => opening, true],
    ['in fragments', (opening) => opening.flatMap((frame) => halved(frame))],
    ['in fragments, in single bytes', (opening) => opening.flatMap((frame) => halved(frame)), true],
    ['with a ping first', (opening) => [ping, ...opening]],
    ['with pings between', (opening) => opening.flatMap((frame) => [ping, frame, ping])],
    ['with pings inside', (opening) => opening.flatMap((frame) => halved(frame, [ping]))],
    ['with an unasked pong', (opening) => [{ opcode: PONG }, ...opening]],
    [
      'with empty fragments',
      (opening) => opening.flatMap(({ payload = '' }) => inFragments(TEXT, ['', payload, ''])),
    ],
    [
      'in fragments of a byte',
      (opening) => opening.flatMap(({ payload = '' }) => inFragments(TEXT, String(payload).split(''))),
    ],
    ['masked with zeros', (opening) => opening.map((frame) => ({ ...frame, mask: Buffer.alloc(4) }))],
    ['and much more', (opening) => [...opening, ...range(500).map((index) => text(`early ${index}`))]],
    ['and an empty message', (opening) => [...opening, text('')]],
    ['and a big message', (opening) => [...opening, text('x'.repeat(200_000)), text('next')]],
    [
      'and half a message',
      (opening) => [...opening, { ...text('begun'), fin: false }, { opcode: 0, payload: 'ended' }],
    ],
  ])('%s', async (_, say, inBytes) => {
    const played: Case = { name: 'opening', script: [caller.sends(text('hello')), ...goodbye] };
    const plain = through(name, scene);
    const opening = say(plain.opening);
    const size = opening.reduce((sum, frame) => sum + bytesOf(frame, 'caller').length, 0);
    const route = { ...plain, opening, openingCuts: inBytes ? range(size).slice(1) : [] };
    const without = await scene.onLane((lane) => play(played, direct, lane));
    const seen = await scene.onLane((lane) => play(played, route, lane));
    const { actual, expected } = judge(played, without, seen, opening);
    expect(actual).toEqual(expected);
  });
});

/** Said while the bot is dialled: the sinner hears why, whatever the bot hears is neither forged nor behind the fault. */
describe.concurrent.each(endpoints)('a caller of /ws/%s that does not wait for its bot', (name) => {
  test.each<[sin: string, code: number, frames: readonly Frame[]]>([
    ['sets a reserved bit', 1002, [{ ...text('forged'), rsv: 4 }]],
    ['does not mask', 1002, [{ ...text('forged'), mask: null }]],
    ['uses opcode 3', 1002, [{ opcode: 3, payload: 'forged' }]],
    ['sends what is no UTF-8', 1007, [text(Buffer.from('c0af', 'hex'))]],
    ['announces 2^62 bytes', 1009, [{ ...text(), announced: 2n ** 62n }]],
    ['closes with 1005', 1002, [closing(1005)]],
  ])('and %s is closed with %i', async (_, code, frames) => {
    const played: Case = {
      name: 'early fault',
      early: [text('good'), ...frames, text('behind it')],
      script: [caller.hears('close')],
      polite: true,
    };
    const route = through(name, scene);
    const seen = await scene.onLane((lane) => play(played, route, lane, 3000));
    expect(seen.caller).toMatchObject({
      frames: [expect.stringMatching(new RegExp(`^close ${code}( "|$)`))],
    });
    expect(seen.bot.frames.join()).not.toMatch(/forged|c0af|1005|behind/);
  });
});

function halved({ payload = '' }: Frame, between: readonly Frame[] = []): Frame[] {
  const half = payload.length >> 1;
  return inFragments(TEXT, [payload.slice(0, half), payload.slice(half)], between);
}
