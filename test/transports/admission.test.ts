import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { signDial, verifyDial } from '../../shared/bot-signature.ts';
import { refused, serve, visit } from './scene.ts';

describe('who may connect', () => {
  test.each([
    ['no list', undefined, undefined, true],
    ['no list', undefined, 'https://page.example', false],
    ['an empty list', [], undefined, false],
    ['a list', ['https://page.example'], 'https://page.example', true],
    ['a list', ['https://Page.example'], 'HTTPS://page.example', true],
    ['a list', ['https://page.example'], 'https://page.example.evil', false],
    ['a list', ['https://page.example'], undefined, false],
    ['everybody', ['*'], 'https://page.example', true],
    ['everybody', ['*'], undefined, true],
  ])('%s of origins (%j) and the origin %s: %s', async (_, allowedOrigins, origin, isAllowed) => {
    const { url } = await serve({ params: allowedOrigins ? { allowedOrigins } : {} });
    const headers: Record<string, string> = origin === undefined ? {} : { origin };
    const answer = isAllowed ? await visit(url, { headers }) : await refused(url, headers);
    const no = { status: 403, body: expect.stringContaining('allowedOrigins') };
    expect(answer).toMatchObject(isAllowed ? { heard: [] } : no);
  });

  test('is asked of authorize, for example with the signature of the gateway', async () => {
    const secret = 'a secret of thirty-two bytes, here';
    const { url } = await serve({
      params: {
        authorize: ({ url: path = '', headers }) =>
          verifyDial(
            secret,
            {
              signature: String(headers['x-gateway-signature']),
              sessionId: String(headers['x-daily-session-id']),
              path,
            },
            Date.now(),
          ),
      },
    });
    const signature = signDial(secret, 'one', '/', Date.now());
    await visit(url, { headers: { 'x-gateway-signature': signature, 'x-daily-session-id': 'one' } });
    expect(
      await refused(url, { 'x-gateway-signature': signature, 'x-daily-session-id': 'two' }),
    ).toMatchObject({ status: 403 });
    expect(await refused(url)).toMatchObject({ status: 403, body: expect.stringContaining('authorised') });
  });

  test('who may not is told so, and cut', async () => {
    const { url } = await serve({ params: { authorize: () => false } });
    const wire = connect({ port: Number(new URL(url).port), host: '127.0.0.1', allowHalfOpen: true });
    wire.write(
      'GET / HTTP/1.1\r\nHost: bot\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
    );
    let answer = '';
    wire.on('data', (data: Buffer) => (answer += data.toString()));
    await once(wire, 'end');
    expect(answer).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n/);
    wire.on('error', () => {});
    const cut = new Promise((resolve) => wire.once('close', resolve));
    const writing = setInterval(() => wire.write('x'), 10);
    await cut;
    clearInterval(writing);
  });

  test('nobody, when authorize fails', async () => {
    const { url } = await serve({ params: { authorize: () => Promise.reject(new Error('no database')) } });
    const { status, body } = await refused(url);
    expect(status).toBe(500);
    expect(body).not.toContain('database');
  });

  test('a client that leaves while authorize thinks harms nobody', async () => {
    let answer = null as ((isWelcome: boolean) => void) | null;
    const { url } = await serve({
      params: { authorize: () => new Promise<boolean>((resolve) => (answer = resolve)) },
    });
    const socket = new WebSocket(url);
    socket.on('error', () => {});
    await expect.poll(() => answer).not.toBeNull();
    socket.terminate();
    answer?.(true);
    const next = new WebSocket(url);
    await expect
      .poll(() => {
        answer?.(true);
        return next.readyState;
      })
      .toBe(WebSocket.OPEN);
    next.send('hello');
    const [data] = await once(next, 'message');
    expect(String(data)).toBe('hello');
  });
});
