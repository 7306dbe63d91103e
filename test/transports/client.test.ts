import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { freePort, testBot, type TestBot, type TestBotOptions } from '../helpers/bot.ts';
import { testGateway } from '../helpers/gateway.ts';
import type { GatewayError } from '../../shared/errors.ts';
import { WebsocketClientTransport, type WebsocketClientOptions } from '../../transports/client-transport.ts';
import type { OutputFrame, TextFrame } from '../../transports/frames.ts';
import { ProtobufFrameSerializer } from '../../transports/protobuf-serializer.ts';
import { text, textSerializer } from './scene.ts';

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((close) => close()));
});

async function bot(options: TestBotOptions = {}): Promise<TestBot> {
  const started = await testBot(options);
  open.push(() => started.close());
  return started;
}

type Options = WebsocketClientOptions<TextFrame, OutputFrame>;

interface Told {
  readonly transport: WebsocketClientTransport<TextFrame>;
  readonly told: string[];
}

/** A client that writes down what it is told. */
function client(options: Omit<Options, 'params'> & { params?: Partial<Options['params']> }): Told {
  const told: string[] = [];
  const transport = new WebsocketClientTransport<TextFrame>({
    onConnected: () => void told.push('connected'),
    onDisconnected: (_, { code }) => void told.push(`disconnected: ${code}`),
    onError: (error) => void told.push((error as GatewayError).code),
    ...options,
    params: { serializer: textSerializer, ...options.params },
  });
  open.push(() => transport.disconnect());
  return { transport, told };
}

describe('a client transport', () => {
  test('says and hears, with the headers it was given', async () => {
    const { url, dials } = await bot();
    const { transport, told } = client({ uri: url, params: { additionalHeaders: { 'x-name': 'value' } } });
    const session = await transport.connect();
    await session.send(text('hello'));
    for await (const frame of session.frames) {
      expect(frame).toEqual(text('hello'));
      break;
    }
    expect(dials[0]?.headers['x-name']).toBe('value');
    expect(transport.session).toBe(session);
    await transport.disconnect();
    expect(told).toEqual(['connected', 'disconnected: 1000']);
    expect(transport.session).toBeNull();
  });

  test('hears what is said with the handshake', async () => {
    const { url } = await bot({ talk: (socket) => socket.send('welcome') });
    const heard = new Promise((resolve) => {
      const { transport } = client({ uri: url, onConnected: (session) => session.listen(resolve) });
      void transport.connect();
    });
    expect(await heard).toEqual(text('welcome'));
  });

  test('puts a WAV header before audio, as Pipecat does, unless it is told not to', async () => {
    const server = await bot();
    const audio = Uint8Array.of(1, 0, 2, 0, 3);
    const heard: unknown[] = [];
    for (const params of [{}, { addWavHeader: false }]) {
      const transport = new WebsocketClientTransport({
        uri: server.url,
        params: { serializer: new ProtobufFrameSerializer(), ...params },
      });
      const opened = server.next();
      const session = await transport.connect();
      const message = once(await opened, 'message');
      await session.send({ type: 'audio', audio, sampleRate: 8000, numChannels: 1 });
      const [data] = (await message) as [Buffer];
      const frame = new ProtobufFrameSerializer().deserialize(data);
      heard.push(frame.type === 'audio' && Buffer.from(frame.audio).toString('base64'));
      await transport.disconnect();
    }
    // pcm_to_wav(b"\1\0\2\0\3", 8000, 1) of pipecat-ai 1.14.0, and the bare samples.
    const wav = 'UklGRigAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQQAAAABAAIA';
    expect(heard).toEqual([wav, 'AQACAAM=']);
  });

  test('has one connection at a time', async () => {
    const { url } = await bot();
    const { transport } = client({ uri: url });
    const connecting = transport.connect();
    await expect(transport.connect()).rejects.toMatchObject({ code: 'ERR_CONFIG_INVALID' });
    await connecting;
    await expect(transport.connect()).rejects.toMatchObject({ code: 'ERR_CONFIG_INVALID' });
    await transport.disconnect();
    await transport.connect();
  });

  test.each(['http://127.0.0.1/', 'not a URL with a secret-token in it'])(
    'refuses the URL %s without repeating it',
    async (uri) => {
      const failure: unknown = await client({ uri })
        .transport.connect()
        .catch((error: unknown) => error);
      expect(failure).toMatchObject({
        code: 'ERR_CONFIG_INVALID',
        message: expect.stringContaining('ws://'),
      });
      expect(JSON.stringify(failure) + String(failure)).not.toContain('secret-token');
    },
  );

  test('says why it is not connected, without the token', async () => {
    const uri = `ws://127.0.0.1:${await freePort()}/ws?token=secret-token`;
    const failure = await client({ uri })
      .transport.connect()
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'ERR_SOCKET_FAILED' });
    expect(String(failure)).toMatch(/127\.0\.0\.1:\d+ cannot be reached .*check the URL/);
    expect(String(failure)).not.toContain('secret-token');
  });

  test('does not dial again when the first dial fails', async () => {
    let dials = 0;
    const server = createServer().listen(0, '127.0.0.1');
    server.on('upgrade', (_, wire) => {
      dials += 1;
      wire.end('HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n');
    });
    await once(server, 'listening');
    open.push(() => new Promise((resolve) => server.close(resolve)));
    const { transport } = client({ uri: `ws://127.0.0.1:${(server.address() as AddressInfo).port}` });
    await expect(transport.connect()).rejects.toMatchObject({ code: 'ERR_SOCKET_FAILED' });
    expect(dials).toBe(1);
    expect(transport.session).toBeNull();
  });
});

describe('a connection that is lost', () => {
  test('is dialled again after 1 s, then after 1.5 s, and then no more', async () => {
    const times: number[] = [];
    const { url } = await bot({
      talk: (socket) => {
        times.push(performance.now());
        socket.terminate();
      },
    });
    const { transport, told } = client({ uri: url });
    await transport.connect();
    await expect.poll(() => told.at(-1), { timeout: 6000 }).toBe('ERR_SOCKET_FAILED');
    const [first = 0, second = 0, third = 0] = times;
    expect(times).toHaveLength(3);
    expect(second - first).toBeGreaterThan(950);
    expect(third - second).toBeGreaterThan(1450);
    expect(told.filter((line) => line === 'connected')).toHaveLength(3);
    expect(told.filter((line) => line === 'disconnected: 1006')).toHaveLength(3);
  });

  test.each([1000, 1008, 4000])('is not dialled again after a close with %i', async (code) => {
    const { url, dials } = await bot({ talk: (socket) => socket.close(code) });
    const { transport, told } = client({ uri: url });
    const session = await transport.connect();
    await session.closed;
    await expect.poll(() => told).toEqual(['connected', `disconnected: ${code}`]);
    await transport.connect(); // nothing is under way
    expect(dials).toHaveLength(2);
  });

  test('is left alone once disconnect was called', async () => {
    const { url, sockets, dials } = await bot();
    const { transport, told } = client({ uri: url });
    await transport.connect();
    sockets[0]?.terminate();
    await expect.poll(() => told.at(-1)).toBe('disconnected: 1006');
    await transport.disconnect();
    await transport.connect();
    expect(dials).toHaveLength(2);
    expect(told).toEqual(['connected', 'disconnected: 1006', 'connected']);
  });

  const token = `${'p'.repeat(60)}.${'m'.repeat(43)}`;
  test.each([
    ['in the query', `/ws?token=${token}`, {}],
    ['in the path', `/ws/generic/demo.local/${token}`, {}],
    ['in Authorization', '/ws', { authorization: `Bearer ${token}` }],
    ['in AUTHORIZATION', '/ws', { AUTHORIZATION: `Bearer ${token}` }],
  ])('and had a token %s is never dialled with that one again', async (_, path, additionalHeaders) => {
    const { url, sockets, dials } = await bot();
    const { transport, told } = client({ uri: url.replace('/ws', path), params: { additionalHeaders } });
    await transport.connect();
    sockets[0]?.terminate();
    await expect.poll(() => told.at(-1), { timeout: 5000 }).toBe('ERR_TOKEN_REFUSED');
    await expect(transport.connect()).rejects.toThrow('this token has opened a connection: get a new one');
    expect(dials).toHaveLength(1);
  });

  test('is dialled again with a token that is new', async () => {
    const { url, sockets, dials } = await bot();
    let count = 0;
    const { transport, told } = client({ uri: () => `${url}?token=number-${(count += 1)}` });
    await transport.connect();
    sockets[0]?.terminate();
    await expect.poll(() => told.length, { timeout: 5000 }).toBe(3);
    expect(dials.map((request) => request.url)).toEqual(['/ws?token=number-1', '/ws?token=number-2']);
  });
});

test('through a gateway, its token opens one connection, and a second client is told what to do', async () => {
  const { url } = await bot();
  const gateway = await testGateway({ agents: { support: url } });
  open.push(() => gateway.close());
  const { wsUrl, token } = await gateway.start('support');
  const params = { additionalHeaders: { authorization: `Bearer ${token}` } };
  const { transport } = client({ uri: wsUrl, params });
  const session = await transport.connect();
  await session.send(text('hello'));
  for await (const frame of session.frames) {
    expect(frame).toEqual(text('hello'));
    break;
  }
  const failure = await client({ uri: wsUrl, params })
    .transport.connect()
    .catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: 'ERR_TOKEN_REFUSED', message: expect.stringContaining('/start') });
  expect(String(failure)).not.toContain(token);
});
