import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { TextFrame } from '../../transports/frames.ts';
import { WebsocketServerTransport } from '../../transports/server-transport.ts';
import type { Session } from '../../transports/session.ts';
import { closing, refused, serve, text, textSerializer, visit } from './scene.ts';

describe('a server transport of its own', () => {
  test('has the host and port of Pipecat, and says when it is ready', async () => {
    let ready = 0;
    const transport = closing(
      new WebsocketServerTransport({
        params: { serializer: textSerializer },
        onWebsocketReady: () => void (ready += 1),
      }),
    );
    expect(() => transport.url).toThrow('call start() first');
    const failure = await transport.start().then(
      () => null,
      (error: NodeJS.ErrnoException) => error,
    );
    // Somebody else may have that port.
    const place = failure ? `${failure.code}:${'port' in failure && String(failure.port)}` : transport.url;
    expect(['ws://localhost:8765/', 'EADDRINUSE:8765']).toContain(place);
    expect(ready).toBe(failure ? 0 : 1);
  });

  test('rejects when it cannot listen', async () => {
    const { port } = new URL((await serve()).url);
    const params = { serializer: textSerializer };
    const second = new WebsocketServerTransport({ host: '127.0.0.1', port: Number(port), params });
    await expect(second.start()).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  test('hands over what comes, in order, and sends what it is given', async () => {
    const { url } = await serve();
    const visitor = await visit(url);
    const words = Array.from({ length: 100 }, (_, index) => `word ${index}`);
    for (const word of words) visitor.socket.send(word);
    await expect.poll(() => visitor.heard).toEqual(words);
  });

  test('tells of clients that come and go', async () => {
    const told: string[] = [];
    const { url, sessions } = await serve({
      onClientConnected: ({ request }) => void told.push(`here: ${request?.url}`),
      onClientDisconnected: (_, { code, reason }) => void told.push(`gone: ${code} ${reason}`),
    });
    const visitor = await visit(`${url}ws?body=e30`);
    visitor.socket.close(4000, 'bye');
    await visitor.closed;
    await expect.poll(() => told).toEqual(['here: /ws?body=e30', 'gone: 4000 bye']);
    expect(sessions).toEqual([]);
  });

  test('gives the place of the first client to the second one', async () => {
    const told: string[] = [];
    let count = 0;
    const names = new Map<Session<TextFrame>, number>();
    const { url } = await serve({
      async onClientConnected(session) {
        names.set(session, (count += 1));
        told.push(`${count} is here`);
        for await (const frame of session.frames) await session.send(frame);
        told.push(`the loop of ${names.get(session)} is over`);
      },
      onClientDisconnected: (session, { code }) => void told.push(`${names.get(session)} is gone: ${code}`),
    });
    const first = await visit(url);
    const second = await visit(url);
    expect(await first.closed).toEqual({ code: 1001, reason: 'a new client took its place' });
    second.socket.send('hello');
    await expect.poll(() => second.heard).toEqual(['hello']);
    expect(told).toEqual(['1 is here', '1 is gone: 1001', '2 is here', 'the loop of 1 is over']);
  });

  test('lets one serializer serve its clients, one after the other', async () => {
    const told: string[] = [];
    const serializer = {
      ...textSerializer(),
      setup: () => void told.push('setup'),
      close: () => void told.push('close'),
    };
    const { url } = await serve({ params: { serializer } });
    const first = await visit(url);
    await visit(url);
    await first.closed;
    await visit(url);
    await expect.poll(() => told).toEqual(['setup', 'close', 'setup', 'close', 'setup']);
  });

  test('keeps its client where the second one is to be rejected, as Pipecat 1.14.0 does', async () => {
    const { url } = await serve({ params: { whenBusy: 'reject' } });
    const first = await visit(url);
    const second = await visit(url);
    expect(await second.closed).toEqual({ code: 1013, reason: 'a client is connected already' });
    first.socket.send('still here');
    await expect.poll(() => first.heard).toEqual(['still here']);
    first.socket.close();
    await first.closed;
    const third = await visit(url);
    third.socket.send('hello');
    await expect.poll(() => third.heard).toEqual(['hello']);
  });

  test('tells of every session that takes too long, and leaves it open', async () => {
    const timeouts: Session<TextFrame>[] = [];
    const { url } = await serve({
      params: { sessionTimeout: 0.05 },
      onSessionTimeout: (session) => void timeouts.push(session),
    });
    const first = await visit(url);
    await expect.poll(() => timeouts.length).toBe(1);
    first.socket.send('still here');
    await expect.poll(() => first.heard).toEqual(['still here']);
    await visit(url);
    await expect.poll(() => timeouts.length).toBe(2);
  });

  test('answers what is no WebSocket with 426', async () => {
    const { url } = await serve();
    expect((await fetch(url.replace('ws', 'http'))).status).toBe(426);
  });
});

describe('a server transport on a server that is there', () => {
  async function mounted(params: object = {}, path: string | undefined = '/ws') {
    const server = createServer((_, response) => response.end('ok'));
    const sessions: Session<TextFrame>[] = [];
    const transport = new WebsocketServerTransport<TextFrame>({
      server,
      ...(path === undefined ? {} : { path }),
      params: { serializer: textSerializer, ...params },
      async onClientConnected(session) {
        sessions.push(session);
        for await (const frame of session.frames) await session.send(frame);
      },
    });
    server.listen(0, '127.0.0.1');
    await transport.start();
    const close = async (): Promise<void> => {
      await transport.cancel();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    };
    closing({ cancel: close });
    const { port } = server.address() as AddressInfo;
    return { server, transport, sessions, port, url: transport.url };
  }

  test('serves many at once, each with a session of its own, beside what the server does', async () => {
    const { url, port, transport } = await mounted();
    const visitors = await Promise.all(Array.from({ length: 20 }, () => visit(url)));
    for (const [index, { socket }] of visitors.entries()) socket.send(`I am ${index}`);
    await expect
      .poll(() => visitors.map(({ heard }) => heard))
      .toEqual(visitors.map((_, index) => [`I am ${index}`]));
    expect(transport.sessions).toHaveLength(20);
    expect(await (await fetch(`http://127.0.0.1:${port}/health`)).text()).toBe('ok');
  });

  test('refuses one more than maxSessions with 503', async () => {
    const { url } = await mounted({ maxSessions: 2 });
    const first = await visit(url);
    await visit(url);
    expect(await refused(url)).toMatchObject({ status: 503, body: expect.stringContaining('ask again') });
    first.socket.close();
    await first.closed;
    await expect.poll(async () => (await visit(url)).socket.readyState).toBe(WebSocket.OPEN);
  });

  test('refuses another path with 400, unless somebody else listens to it', async () => {
    const { url, server } = await mounted();
    expect(await refused(url.replace('/ws', '/other'))).toMatchObject({
      status: 400,
      body: expect.stringContaining('connect to /ws'),
    });
    server.on('upgrade', (request, wire) => {
      if (request.url === '/other') wire.end('HTTP/1.1 418 Mine\r\n\r\n');
    });
    expect(await refused(url.replace('/ws', '/other'))).toMatchObject({ status: 418 });
  });

  test('takes a function for its serializer, or one that can be shared', () => {
    const server = createServer();
    const make = (shareable: boolean) => () =>
      new WebsocketServerTransport<TextFrame>({
        server,
        params: { serializer: { ...textSerializer(), shareable } },
      });
    expect(make(false)).toThrow('give a function that makes one');
    expect(make(true)).not.toThrow();
  });

  test('closes its clients with 1001 when it stops, and takes no more', async () => {
    const { url, transport } = await mounted();
    const visitor = await visit(url);
    const silent = await visit(url);
    silent.socket.pause();
    const stopped = transport.stop();
    expect(await visitor.closed).toEqual({ code: 1001, reason: 'shutting down' });
    expect(await refused(url)).toMatchObject({ status: 503 });
    silent.socket.resume();
    await stopped;
    expect(transport.sessions).toEqual([]);
  });
});

test.each([
  [{ maxMessageBytes: 0 }, 'params.maxMessageBytes is 0: give a whole number from 1 on'],
  [{ maxBufferedBytes: 1.5 }, 'params.maxBufferedBytes is 1.5: give a whole number from 1 on'],
  [{ maxSessions: -1 }, 'params.maxSessions is -1: give a whole number from 1 on'],
  [{ sessionTimeout: -1 }, 'params.sessionTimeout is -1: give seconds, 0 to 2147483'],
  [{ pingInterval: Number.NaN }, 'params.pingInterval is NaN: give seconds, 0 to 2147483'],
  [{ closeTimeout: 3_000_000 }, 'params.closeTimeout is 3000000: give seconds, 0 to 2147483'],
  [{ audioInSampleRate: 7999 }, 'sample rate not supported: use 8000 to 48000 Hz'],
])('params of %j are refused: %s', (params, sentence) => {
  expect(() => new WebsocketServerTransport({ params: { serializer: textSerializer, ...params } })).toThrow(
    sentence,
  );
});

test('a greeting sent at once is heard', async () => {
  const { url } = await serve({ onClientConnected: (session) => void session.send(text('welcome')) });
  const visitor = await visit(url);
  await expect.poll(() => visitor.heard).toEqual(['welcome']);
});
