import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { startDemoBot, type DemoBot } from '../demo/bot.ts';
import { plivo, telnyx, twilio } from '../providers/index.ts';
import { toSamples } from '../shared/audio.ts';
import { audio, facts, LOUD, marks, ring, types } from './simulator/demo-caller.ts';

let bot: DemoBot;
beforeEach(async () => {
  bot = await startDemoBot();
});
afterEach(() => bot.close());

/** Magnitude of one frequency, as a share of full scale. */
function magnitude(samples: Int16Array, hertz: number): number {
  let re = 0;
  let im = 0;
  samples.forEach((sample, index) => {
    re += sample * Math.cos((2 * Math.PI * hertz * index) / 8000);
    im += sample * Math.sin((2 * Math.PI * hertz * index) / 8000);
  });
  return (2 * Math.hypot(re, im)) / samples.length / 32_768;
}

describe.each([twilio, plivo, telnyx])('a $name call', (provider) => {
  test('is greeted with at most 0.8 s of melody in frames of 20 ms, and a mark', async () => {
    const caller = await ring(bot.url, provider);
    await caller.settled();
    expect(types(caller.heard).at(-1)).toBe('mark');
    expect(marks(caller.heard)).toEqual(['greeting']);
    const frames = caller.heard.flatMap((command) =>
      command.type === 'media' ? [command.audio.length] : [],
    );
    expect(frames.every((length) => length === 160)).toBe(true);
    expect(frames.length).toBeGreaterThan(10);
    expect(frames.length).toBeLessThanOrEqual(40);
  });

  test('hears every frame again after exactly 50 others', async () => {
    const caller = await ring(bot.url, provider);
    await caller.settled();
    caller.heard.length = 0;
    caller.speak(50, (frame) => frame + 100);
    await caller.settled();
    expect(audio(caller.heard)).toHaveLength(0);
    caller.speak(3, 0xff);
    await caller.settled();
    const expected = [100, 101, 102].map((value) => new Uint8Array(160).fill(value));
    expect(audio(caller.heard)).toEqual(Buffer.concat(expected));
  });

  test('hears the two tones of a pressed digit for 200 ms in place of the echo, and gets a mark', async () => {
    const caller = await ring(bot.url, provider);
    caller.send({ type: 'mark', sequence: 2, name: 'greeting' });
    caller.speak(60);
    await caller.settled();
    caller.heard.length = 0;
    caller.send({ type: 'dtmf', sequence: 3, digit: '5', timestamp: 1_700_000_000_000 });
    caller.speak(20);
    await caller.settled();
    expect(marks(caller.heard)).toEqual(['digit-5']);
    expect(types(caller.heard).indexOf('mark')).toBe(10);
    expect(types(caller.heard)).not.toContain('clear');
    const samples = toSamples(audio(caller.heard), 'mulaw');
    expect(samples).toHaveLength(3200);
    const tone = samples.subarray(0, 1600);
    expect(magnitude(tone, 770)).toBeGreaterThan(0.15);
    expect(magnitude(tone, 1336)).toBeGreaterThan(0.15);
    expect(magnitude(tone, 697)).toBeLessThan(0.02);
    expect(samples.subarray(1600).every((sample) => sample === 0)).toBe(true);
  });

  test('is interrupted by a voice, once', async () => {
    const caller = await ring(bot.url, provider);
    caller.speak(2, LOUD);
    await caller.settled();
    expect(types(caller.heard)).not.toContain('clear');
    caller.speak(10, LOUD);
    await caller.settled();
    expect(types(caller.heard).filter((type) => type === 'clear')).toHaveLength(1);
  });

  test('is not interrupted by silence, nor by a voice once the greeting was played', async () => {
    const caller = await ring(bot.url, provider);
    caller.speak(20);
    caller.send({ type: 'mark', sequence: 30, name: 'greeting' });
    caller.speak(20, LOUD);
    await caller.settled();
    expect(types(caller.heard)).not.toContain('clear');
  });

  test('is interrupted by a digit', async () => {
    const caller = await ring(bot.url, provider);
    caller.send({ type: 'dtmf', sequence: 2, digit: '1', timestamp: 1_700_000_000_000 });
    caller.speak(10);
    await caller.settled();
    expect(types(caller.heard)).toContain('clear');
    expect(marks(caller.heard)).toEqual(['greeting', 'digit-1']);
  });

  test('ends with a goodbye after #, as soon as that was played', async () => {
    const caller = await ring(bot.url, provider);
    caller.send({ type: 'dtmf', sequence: 2, digit: '#', timestamp: 1_700_000_000_000 });
    await caller.settled();
    expect(types(caller.heard)).toContain('clear');
    expect(marks(caller.heard)).toEqual(['greeting', 'goodbye']);
    caller.speak(60, LOUD);
    caller.send({ type: 'mark', sequence: 80, name: 'goodbye' });
    expect(await caller.closed).toEqual({ code: 1000, reason: 'goodbye' });
    expect(types(caller.heard).at(-1)).toBe('mark');
  });
});

test('a goodbye that is never reported as played ends the call after 1.5 s', async () => {
  const caller = await ring(bot.url, twilio);
  const began = performance.now();
  caller.send({ type: 'dtmf', sequence: 2, digit: '#' });
  expect(await caller.closed).toEqual({ code: 1000, reason: 'goodbye' });
  expect(performance.now() - began).toBeGreaterThan(1400);
});

test.each([twilio, telnyx])('a $name stop ends the call with 1000', async (provider) => {
  const caller = await ring(bot.url, provider);
  caller.send({ type: 'stop', sequence: 2 });
  expect(await caller.closed).toMatchObject({ code: 1000 });
});

test.each([0, 7999, 8000.5, 1e9])(
  'a stream of %d Hz is refused before it takes memory',
  async (sampleRate) => {
    const socket = new WebSocket(bot.url);
    await once(socket, 'open');
    const format = { encoding: 'mulaw', sampleRate } as const;
    for (const type of twilio.stream.opening) {
      const start = { type: 'start', sequence: 1, stream: { ...facts, format } } as const;
      socket.send(twilio.stream.encodeEvent(type === 'start' ? start : { type }, facts)!);
    }
    expect((await once(socket, 'close'))[0]).toBe(1008);
  },
);

test('16-bit audio is repeated after a second as well', async () => {
  const caller = await ring(bot.url, plivo, { ...facts, format: { encoding: 'l16', sampleRate: 16_000 } });
  await caller.settled();
  expect(audio(caller.heard)).toHaveLength(16_000 * 2 * 0.6);
  caller.heard.length = 0;
  caller.speak(201, (frame) => frame); // 160 bytes are 5 ms here
  await caller.settled();
  expect(audio(caller.heard)).toEqual(Buffer.alloc(160, 0));
});
