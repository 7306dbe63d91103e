import { once } from 'node:events';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { startDemoBot, type DemoBot } from '../demo/bot.ts';
import { delayLine } from '../demo/delay-line.ts';
import { telnyx, twilio } from '../providers/index.ts';
import { audio, marks, ring } from './simulator/demo-caller.ts';

let bot: DemoBot;
beforeEach(async () => {
  bot = await startDemoBot();
});
afterEach(() => bot.close());

describe('a socket that no carrier opened', () => {
  test('gets every message back as it came', async () => {
    const socket = new WebSocket(bot.url);
    const got: [string, boolean][] = [];
    socket.on('message', (data: Buffer, isBinary) => got.push([data.toString('hex'), isBinary]));
    await once(socket, 'open');
    const sent: [Buffer, boolean][] = [
      [Buffer.from('hello'), false],
      [Buffer.alloc(0), true],
      [Buffer.alloc(0), false],
      [Buffer.from([0, 255, 1]), true],
      [Buffer.from('{"event":"start"}'), false],
      [Buffer.alloc(1_000_000, 7), true],
    ];
    for (const [data, binary] of sent) socket.send(data, { binary });
    await expect.poll(() => got.length).toBe(sent.length);
    expect(got).toEqual(sent.map(([data, binary]) => [data.toString('hex'), binary]));
    socket.close();
  });

  test('gets what looked like a handshake back too, once it turns out to be none', async () => {
    const socket = new WebSocket(bot.url);
    const got: string[] = [];
    socket.on('message', (data: Buffer) => got.push(data.toString()));
    await once(socket, 'open');
    socket.send('{"event":"connected","version":"1.0.0"}');
    socket.send('no start');
    await expect.poll(() => got).toEqual(['{"event":"connected","version":"1.0.0"}', 'no start']);
    socket.close();
  });

  test('is not read while it does not read', async () => {
    const socket = new WebSocket(bot.url);
    await once(socket, 'open');
    socket.pause();
    const block = Buffer.alloc(1024 * 1024);
    for (let count = 0; count < 64; count += 1) socket.send(block);
    // What the bot does not take stays here: less than a third fits into the buffers in between.
    const settle = async (): Promise<number> => {
      const before = socket.bufferedAmount;
      await new Promise((resolve) => setTimeout(resolve, 100));
      return socket.bufferedAmount === before ? before : settle();
    };
    expect(await settle()).toBeGreaterThan(40 * 1024 * 1024);
    let back = 0;
    socket.on('message', () => (back += 1));
    socket.resume();
    await expect.poll(() => back, { timeout: 10_000 }).toBe(64);
    socket.close();
  });
});

describe('garbage', () => {
  test('before or inside a call never ends the bot', async () => {
    const caller = await ring(bot.url, telnyx);
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.json(), fc.string(), fc.uint8Array()), async (message) => {
        caller.socket.send(message);
        const stranger = new WebSocket(bot.url);
        await once(stranger, 'open');
        stranger.send(message);
        await once(stranger, 'message');
        stranger.terminate();
      }),
      { numRuns: 100 },
    );
    caller.heard.length = 0;
    caller.speak(51);
    await caller.settled();
    expect(audio(caller.heard)).toHaveLength(160);
    caller.socket.close();
  });

  test('of the WebSocket protocol closes that socket only', async () => {
    const socket = new WebSocket(bot.url);
    const [response] = await once(socket, 'upgrade');
    response.socket.write(Buffer.from([0xff, 0xff, 0xff]));
    await once(socket, 'close');
    const caller = await ring(bot.url, twilio);
    await caller.settled();
    expect(marks(caller.heard)).toEqual(['greeting']);
  });
});

test('a path can be asked for', async () => {
  const other = await startDemoBot({ path: '/ws' });
  expect(new URL(other.url).pathname).toBe('/ws');
  const wrong = new WebSocket(other.url.replace('/ws', '/other'));
  const [, response] = await once(wrong, 'unexpected-response');
  expect(response.statusCode).toBe(400);
  await other.close();
});

test('a delay line gives back what went in, whatever the sizes', () => {
  const sizes = fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 60 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), sizes, (capacity, chunks) => {
      const line = delayLine(capacity);
      let next = 0;
      const out = chunks.flatMap((size) => [
        ...line.push(Uint8Array.from({ length: size }, () => next++ % 256)),
      ]);
      expect(out).toEqual(Array.from({ length: Math.max(0, next - capacity) }, (_, index) => index % 256));
    }),
  );
});
