import type { IncomingMessage } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { testBot, type TestBot } from '../helpers/bot.ts';
import { connect } from '../helpers/client.ts';
import { testGateway, type Started, type TestGateway } from '../helpers/gateway.ts';
import { secret } from '../helpers/leaks.ts';
import { expectNormalCall } from './alive.ts';
import { readAnswer, requestText, wireTo, type Wire } from './raw.ts';
import { rawStart } from './start.ts';

const MIB = 1024 * 1024;

let bot: TestBot;
let gateway: TestGateway;

beforeAll(async () => {
  bot = await testBot();
  gateway = await testGateway({ agents: { support: bot.url } });
});
afterEach(() => expectNormalCall(gateway, 'support'));
afterAll(async () => {
  await gateway.close();
  await bot.close();
});

/** Starts a session with this text as `body`, opens it, and returns what the bot gets in both ways. */
async function bodyAtBot(json: string): Promise<{ fetched: string; inQuery: string | null }> {
  const body = Buffer.concat([Buffer.from('{"body":'), Buffer.from(json), Buffer.from('}')]);
  const answer = await rawStart({ port: gateway.port, key: gateway.publicKey, body });
  expect(answer.status).toBe(200);
  const { wsUrl, token } = JSON.parse(answer.body) as Started;
  secret(token);
  const before = bot.dials.length;
  const caller = await connect(`${wsUrl}/${token}`);
  const dial: Partial<IncomingMessage> = bot.dials[before] ?? {};
  const response = await fetch(String(dial.headers?.['x-session-body-url']), {
    headers: { authorization: `Bearer ${String(dial.headers?.['x-session-credential'])}` },
  });
  const fetched = Buffer.from(await response.arrayBuffer()).toString();
  caller.socket.close(1000);
  await caller.closed;
  const encoded = new URL(dial.url ?? '', 'ws://bot').searchParams.get('body');
  return { fetched, inQuery: encoded === null ? null : Buffer.from(encoded, 'base64').toString() };
}

describe('the bot gets the very bytes of the body', () => {
  test.each([
    '{"__proto__":{"admin":true}}',
    '{"constructor":{"prototype":{"admin":true}}}',
    '{"a":1,"a":2,"a":3}',
    '{"n":1e999,"m":-1e999}',
    '12345678901234567890',
    '{"n":123456789012345678901234567890.12345678901234567890}',
    '{"2":0,"1":0,"a":0,"0":0}',
    '"\\u0041\\u00e9\\ud83d\\ude00"',
    '"\\ud800 alone"',
    '"\\u0000\\/\\b"',
    '{ "spaces" :\t[ 1 , 2 ]\n}',
    '[]',
    '""',
    'false',
    '0',
    '-0',
    '1.0',
    '1E+2',
    '{"":{"":""}}',
    '"}],{\\"body\\":1"',
    '"Zoë 😀 \u2028\u2029\ufeff"',
    `"${'x'.repeat(4094)}"`,
  ])('%s', async (json) => {
    expect(await bodyAtBot(json)).toEqual({ fetched: json, inQuery: json });
    expect(({} as { admin?: unknown }).admin).toBeUndefined();
  });

  test.each([4097, 100_000, MIB])('of %i bytes, too, but not in the URL', async (bytes) => {
    const json = `"${'é'.repeat(10)}${'x'.repeat(bytes - 22)}"`;
    expect(await bodyAtBot(json)).toEqual({ fetched: json, inQuery: null });
  });
});

describe('a request', () => {
  const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
  test.each<[name: string, body: string | Buffer, status: number]>([
    ['with a body of 1,048,576 bytes', `{"body":"${'x'.repeat(MIB - 2)}"}`, 200],
    ['with a body of 1,048,577 bytes', `{"body":"${'x'.repeat(MIB - 1)}"}`, 413],
    ['with a body of 1,048,577 bytes in fewer characters', `{"body":"${'é'.repeat(MIB / 2)}"}`, 413],
    ['64 levels deep', `{"body":${nested(63)}}`, 200],
    ['65 levels deep', `{"body":${nested(64)}}`, 400],
    ['65 levels deep beside the body', `{"other":${nested(64)}}`, 400],
    ['of 500,000 nested arrays', nested(500_000), 400],
    ['of 500,000 opened arrays', `{"body":${'['.repeat(500_000)}`, 400],
    ['of 170,000 nested objects', `{"body":${'{"a":'.repeat(170_000)}1${'}'.repeat(170_000)}}`, 400],
    [
      'of 300,000 members',
      `{"body":{${Array.from({ length: 60_000 }, (_, at) => `"${at}":1`).join()}}}`,
      200,
    ],
    ['with a body twice', '{"body":1,"body":2}', 400],
    ['with a body twice, once spelled with an escape', '{"body":1,"b\\u006fdy":2}', 400],
    ['with its body spelled with an escape', '{"b\\u006fdy":2}', 200],
    ['with __proto__ beside the body', '{"__proto__":{"transport":"daily"},"body":1}', 200],
    ['with members of the prototype', '{"toString":1,"hasOwnProperty":2,"constructor":3}', 200],
    ['that is not JSON', '{"body":', 400],
    ['with something behind the JSON', '{}{}', 400],
    ['with a comment', '{/* */}', 400],
    ['with a trailing comma', '{"body":1,}', 400],
    ['with single quotes', "{'body':1}", 400],
    ['of NaN', '{"body":NaN}', 400],
    ['that is an array', '[]', 400],
    ['that is null', 'null', 400],
    ['that is text', '"body"', 400],
    ['with a byte order mark', Buffer.from('\ufeff{}'), 400],
    [
      'with a byte that is no UTF-8',
      Buffer.from([...Buffer.from('{"body":"'), 0xff, ...Buffer.from('"}')]),
      400,
    ],
    [
      'with an overlong slash',
      Buffer.from([...Buffer.from('{"body":"'), 0xc0, 0xaf, ...Buffer.from('"}')]),
      400,
    ],
    [
      'with half a surrogate',
      Buffer.from([...Buffer.from('{"body":"'), 0xed, 0xa0, 0x80, ...Buffer.from('"}')]),
      400,
    ],
    ['in UTF-16', Buffer.from('\ufeff{}', 'utf16le'), 400],
    ['with a raw line break in text', '{"body":"\n"}', 400],
    ['of nothing', '', 200],
  ])('%s', async (_, body, status) => {
    const answer = await rawStart({ port: gateway.port, key: gateway.publicKey, body });
    expect(answer.status).toBe(status);
    if (status === 200) return secret((JSON.parse(answer.body) as Started).token);
    expect(JSON.parse(answer.body)).toMatchObject({ error: expect.any(String), code: String(status) });
    expect(answer.body.length).toBeLessThan(1000);
  });
});

describe('a request that is far too large', () => {
  const lines = (): string[] => [
    'Host: a',
    `Authorization: Bearer ${gateway.publicKey}`,
    'Content-Type: application/json',
  ];

  /** Sends pieces until the gateway hangs up. Returns how many bytes it took until then. */
  async function pour(wire: Wire, piece: Buffer, total: number): Promise<number> {
    let sent = 0;
    while (!wire.socket.readableEnded && !wire.socket.destroyed && sent < total) {
      sent += piece.length;
      wire.socket.write(piece);
      await new Promise((next) => setTimeout(next, 1));
    }
    return sent;
  }

  test.each([
    ['with a Content-Length', 'Content-Length: 104857600', Buffer.alloc(65_536, 32)],
    [
      'in chunks',
      'Transfer-Encoding: chunked',
      Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(65_536, 32), Buffer.from('\r\n')]),
    ],
  ])('%s is refused and cut off long before its end', async (_, line, piece) => {
    const wire = wireTo(gateway.port);
    wire.send(requestText('POST', '/v1/public/support/start', [...lines(), line]));
    const sent = await pour(wire, piece, 100 * MIB);
    await wire.closed;
    const answer = readAnswer(wire.received());
    expect(answer.status).toBe(413);
    expect(answer.headers['connection']).toBe('close');
    expect(sent).toBeLessThan(16 * MIB);
    wire.socket.destroy();
  });

  test('of 3 MB is answered with 413, however it is sent', async () => {
    const body = `{"body":"${'x'.repeat(3_000_000)}"}`;
    expect((await rawStart({ port: gateway.port, key: gateway.publicKey, body })).status).toBe(413);
    const chunked = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    const without = ['content-length'];
    const options = { port: gateway.port, key: gateway.publicKey, body: chunked, without };
    expect((await rawStart({ ...options, lines: ['Transfer-Encoding: chunked'] })).status).toBe(413);
  });
});

test('a small body in chunks is a body', async () => {
  const options = { port: gateway.port, key: gateway.publicKey, without: ['content-length'] };
  const answer = await rawStart({
    ...options,
    lines: ['Transfer-Encoding: chunked'],
    body: '2\r\n{}\r\n0\r\n\r\n',
  });
  expect(answer.status).toBe(200);
});
