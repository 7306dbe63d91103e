import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import type { TextFrame } from '../../transports/frames.ts';
import type { FrameSerializer } from '../../transports/serializer.ts';
import type { Session } from '../../transports/session.ts';
import { connected, serve, settled, text, textSerializer, visit, wordsOf } from './scene.ts';

describe('frames', () => {
  test('that came before the other side left are heard', async () => {
    const { socket, session } = await connected();
    for (const word of ['one', 'two', 'three']) socket.send(word);
    socket.close();
    await session.closed;
    expect(await wordsOf(session)).toEqual(['one', 'two', 'three']);
  });

  test('are left where they are by a loop that ends early', async () => {
    const { socket, session } = await connected();
    for (const word of ['one', 'two', 'three']) socket.send(word);
    expect(await wordsOf(session, 1)).toEqual(['one']);
    expect(await wordsOf(session, 2)).toEqual(['two', 'three']);
  });

  test('end when the bot closes', async () => {
    const { socket, session } = await connected();
    socket.send('one');
    await settled(socket);
    session.close();
    expect(await wordsOf(session)).toEqual([]);
    expect(await session.send(text('too late'))).toBe(false);
  });

  test('are heard one at a time, however long it takes', async () => {
    const { socket, session } = await connected();
    const told: string[] = [];
    const over = session.listen(async ({ text: word }) => {
      told.push(`${word} begins`);
      await settled(socket);
      told.push(`${word} ends`);
    });
    socket.send('one');
    socket.send('two');
    await expect.poll(() => told).toEqual(['one begins', 'one ends', 'two begins', 'two ends']);
    socket.close();
    await over;
  });

  test('have one listener', async () => {
    const { session } = await connected();
    const over = session.listen(() => {});
    expect(() => session.listen(() => {})).toThrow('somebody listens to this session already');
    session.close();
    await over;
  });

  test('keep their order when serializers need time, both ways', async () => {
    const late = (): FrameSerializer<TextFrame> => {
      const inner = textSerializer();
      let wait = 5;
      const later = async <T>(value: T | Promise<T>): Promise<T> => {
        wait = (wait * 7) % 11;
        await new Promise((resolve) => setTimeout(resolve, wait));
        return value;
      };
      return {
        deserialize: (data) => (data.length % 2 ? later(inner.deserialize(data)) : inner.deserialize(data)),
        serialize: (frame) => (wait % 2 ? later(inner.serialize(frame)) : inner.serialize(frame)),
      };
    };
    const { socket, heard, session } = await connected({ serializer: late });
    const words = Array.from({ length: 30 }, (_, index) => `${index}`);
    void session.listen((frame) => void session.send(frame));
    for (const word of words) socket.send(word);
    await expect.poll(() => heard).toEqual(words);
  });
});

describe('a message that cannot be read', () => {
  test('is skipped and reported, when the next one can be', async () => {
    const errors: unknown[] = [];
    const { socket, session } = await connected({}, { onError: (error) => void errors.push(error) });
    for (const word of ['one', 'bad', 'two']) socket.send(word);
    expect(await wordsOf(session, 2)).toEqual(['one', 'two']);
    expect(errors).toMatchObject([{ code: 'ERR_FRAME_INVALID' }]);
  });

  test.each([
    ['fatal', 1008, 'a fatal message'],
    ['broken', 1011, 'the message could not be read'],
  ])('"%s" closes with %i', async (word, code, reason) => {
    const { socket, closed, session } = await connected();
    socket.send(word);
    expect(await wordsOf(session)).toEqual([]);
    expect(await closed).toEqual({ code, reason });
  });
});

describe('end and cancel', () => {
  test.each(['end', 'cancel'] as const)('%s hangs up once, after what was said, and closes', async (type) => {
    const told: string[] = [];
    const { heard, closed, session } = await connected({
      hangUp: async () => {
        await Promise.resolve();
        told.push(`hung up after ${heard.join()}`);
      },
    });
    void session.send(text('goodbye'));
    await expect.poll(() => heard.length).toBe(1);
    await Promise.all([session.send({ type }), session.send({ type })]);
    expect(await closed).toEqual({ code: 1000, reason: 'the bot hung up' });
    expect(told).toEqual(['hung up after goodbye']);
    expect(heard).toEqual(['goodbye']);
  });

  test('close all the same when hanging up fails, and say so', async () => {
    const errors: unknown[] = [];
    const { closed, session } = await connected(
      { hangUp: () => Promise.reject(new Error('no network')) },
      { onError: (error) => void errors.push(error) },
    );
    await session.send({ type: 'end' });
    expect((await closed).code).toBe(1000);
    expect(errors).toMatchObject([{ message: 'no network' }]);
  });

  test('wait 5 s for hanging up, no longer', async () => {
    const { closed, session } = await connected({ hangUp: () => new Promise(() => {}) });
    const began = performance.now();
    await session.send({ type: 'end' });
    expect((await closed).code).toBe(1000);
    expect(performance.now() - began).toBeGreaterThan(4900);
    expect(performance.now() - began).toBeLessThan(7000);
  });
});

describe('a bot that fails', () => {
  const fail = (): never => {
    throw new Error('a bug');
  };

  test.each([
    ['at once', fail],
    ['later', async () => Promise.resolve().then(fail)],
    ['in its loop', async (session: Session<TextFrame>) => session.listen(fail)],
  ])('%s closes with 1011 and tells onError', async (_, onClientConnected) => {
    const errors: unknown[] = [];
    const { url } = await serve({ onClientConnected, onError: (error) => void errors.push(error) });
    const { socket, closed } = await visit(url);
    socket.send('hello');
    expect(await closed).toEqual({ code: 1011, reason: 'the bot failed' });
    expect(errors).toMatchObject([{ message: 'a bug' }]);
  });

  test('warns where nobody asked to be told', async () => {
    const warned = once(process, 'warning');
    const { url } = await serve({ onClientConnected: fail });
    await visit(url);
    expect((await warned)[0]).toMatchObject({ message: 'a bug' });
  });

  test('in what it sends is told so', async () => {
    const serializer = (): FrameSerializer<TextFrame> => ({
      ...textSerializer(),
      serialize: fail,
    });
    const { session } = await connected({ serializer });
    await expect(session.send(text('hello'))).rejects.toThrow('a bug');
  });
});
