import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { inboxOf } from '../../transports/inbox.ts';
import { connected, settled, text, textSerializer, wordsOf } from './scene.ts';

describe('limits', () => {
  test('maxMessageBytes: one byte more closes with 1009', async () => {
    const { socket, closed, session } = await connected({ maxMessageBytes: 1000 });
    socket.send('x'.repeat(1000));
    socket.send('x'.repeat(1001));
    expect(await wordsOf(session)).toEqual(['x'.repeat(1000)]);
    expect((await closed).code).toBe(1009);
  });

  test('a bot that does not listen is not sent more than 256 KiB and what the kernel holds', async () => {
    const { socket, session } = await connected();
    const block = 'x'.repeat(64 * 1024);
    for (let count = 0; count < 512; count += 1) socket.send(block);
    let before = -1;
    await expect
      .poll(
        () => {
          const isStill = socket.bufferedAmount === before;
          before = socket.bufferedAmount;
          return isStill && before > 0;
        },
        { interval: 200, timeout: 10_000 },
      )
      .toBe(true);
    expect(socket.bufferedAmount).toBeGreaterThan(16 * 1024 * 1024);
    expect(await wordsOf(session, 512)).toHaveLength(512);
  });

  test.each([
    ['empty messages', '', 4096],
    ['messages of 960 bytes', 'x'.repeat(960), 256],
    ['one message', 'x'.repeat(256 * 1024 - 64), 1],
  ])(
    'the socket is read no further while 256 KiB of %s wait, each with 64 bytes for itself',
    (_, message, count) => {
      const calls: string[] = [];
      const socket = {
        isPaused: false,
        pause() {
          this.isPaused = true;
          calls.push('pause');
        },
        resume() {
          this.isPaused = false;
          calls.push('resume');
        },
      };
      const inbox = inboxOf({ socket, serializer: textSerializer(), answer: () => {}, onInvalid: () => {} });
      for (let index = 1; index < count; index += 1) inbox.push(message);
      expect(calls).toEqual([]);
      inbox.push(message);
      expect(calls).toEqual(['pause']);
      let heard = 0;
      void inbox.listen(() => void (heard += 1));
      expect(heard).toBe(count);
      expect(calls).toEqual(['pause', 'resume']);
    },
  );

  test('pingInterval: a socket that the bot does not read is not taken for dead', async () => {
    const { socket, session } = await connected({ pingInterval: 0.05 });
    const pings = { count: 0 };
    socket.on('ping', () => void (pings.count += 1));
    for (let count = 0; count < 64; count += 1) socket.send('x'.repeat(64 * 1024));
    await expect.poll(() => pings.count).toBeGreaterThan(5);
    expect(await wordsOf(session, 64)).toHaveLength(64);
    await settled(socket);
  });

  test('also empty messages wait at the other side', async () => {
    const { socket, session } = await connected();
    for (let count = 0; count < 20_000; count += 1) socket.send('');
    expect(await wordsOf(session, 20_000)).toHaveLength(20_000);
  });

  test('send waits while the other side does not read, and goes on with it', async () => {
    const { socket, heard, session } = await connected();
    socket.pause();
    const block = text('x'.repeat(1024 * 1024));
    let sent = 0;
    const sending = (async () => {
      for (; sent < 40; sent += 1) expect(await session.send(block)).toBe(true);
    })();
    await expect.poll(() => session.isBehind()).toBe(true);
    const before = sent;
    await new Promise(setImmediate);
    expect(sent).toBeLessThanOrEqual(before + 1);
    socket.resume();
    await sending;
    await expect.poll(() => heard.length, { timeout: 10_000 }).toBe(40);
    expect(session.isBehind()).toBe(false);
  });

  test('maxBufferedBytes: who lags further behind is closed with 1008', async () => {
    const { socket, closed, session } = await connected({ maxBufferedBytes: 2 * 1024 * 1024 });
    socket.pause();
    const block = text('x'.repeat(1024 * 1024));
    const results = await Promise.all(Array.from({ length: 64 }, () => session.send(block)));
    expect(results.slice(-10)).toEqual(Array.from({ length: 10 }, () => false));
    socket.resume();
    expect(await closed).toEqual({ code: 1008, reason: 'reads too slowly' });
  });

  test('pingInterval: who gives no sign of life from one ping to the next is cut', async () => {
    const { socket, session } = await connected({ pingInterval: 0.05 });
    await settled(socket);
    await once(socket, 'ping');
    await once(socket, 'ping');
    await once(socket, 'ping');
    socket.pause();
    expect((await session.closed).code).toBe(1006);
  });

  test('closeTimeout: who does not answer a close frame is cut', async () => {
    const { socket, session } = await connected({ closeTimeout: 0.1 });
    socket.pause();
    const began = performance.now();
    session.close(1000, 'bye');
    expect((await session.closed).code).toBe(1006);
    expect(performance.now() - began).toBeGreaterThan(90);
    expect(performance.now() - began).toBeLessThan(2000);
  });

  test.each(['x'.repeat(123), 'ü'.repeat(61), `${'x'.repeat(122)}ü`, '🦊'.repeat(40)])(
    'a reason is cut to 123 bytes, between characters: %s',
    async (reason) => {
      const { closed, session } = await connected();
      session.close(4000, reason);
      const { reason: heard } = await closed;
      expect(Buffer.byteLength(heard)).toBeGreaterThan(119);
      expect(Buffer.byteLength(heard)).toBeLessThanOrEqual(123);
      expect(reason.startsWith(heard)).toBe(true);
    },
  );
});
