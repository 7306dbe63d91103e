import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ask, handshake, requestText } from './raw.ts';
import { attackedCall } from './raw-request.ts';

const { call, send, arrived } = attackedCall();

describe('a request', () => {
  test.each(['TRACE', 'PROPFIND', 'LINK', 'QUERY'])('by %s is not passed on', async (method) => {
    expect((await send(`${call().base}/x`, { method })).status).toBeGreaterThanOrEqual(400);
    expect(arrived()).toEqual([]);
  });

  test('by CONNECT gets no tunnel', async () => {
    const answer = await ask(
      call().gateway.port,
      requestText('CONNECT', '127.0.0.1:1', ['Host: gateway.test']),
    );
    expect(answer.status).toBe(0);
    expect(arrived()).toEqual([]);
  });

  test('by GET with a body is one request to the bot, and not two', async () => {
    const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n';
    const lines = [`Content-Length: ${smuggled.length}`];
    expect((await send(`${call().base}/x`, { lines, body: smuggled })).status).toBe(200);
    const chunk = `${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`;
    expect(
      (
        await send(`${call().base}/y`, {
          method: 'DELETE',
          lines: ['Transfer-Encoding: chunked'],
          body: chunk,
        })
      ).status,
    ).toBe(200);
    expect(arrived()).toEqual(['GET /x', 'DELETE /y']);
  });

  test.each<[string, string[]]>([
    ['a length and chunks', ['Content-Length: 5', 'Transfer-Encoding: chunked']],
    ['two lengths', ['Content-Length: 5', 'Content-Length: 6']],
    ['unknown coding', ['Transfer-Encoding: xchunked']],
    ['a space before the colon', ['Content-Length : 5']],
    ['a folded header', ['X: a', ' b']],
    ['a compressed body', ['Content-Encoding: gzip', 'Content-Length: 5']],
  ])('with %s is refused', async (_, lines) => {
    const { status } = await send(`${call().base}/x`, { method: 'POST', lines, body: '0\r\n\r\n' });
    expect([400, 415]).toContain(status);
    expect(arrived()).toEqual([]);
  });

  test('with two keys, both right, has none', async () => {
    const { status } = await send(`${call().base}/x`, {
      lines: [`Authorization: Bearer ${call().gateway.publicKey}`],
    });
    expect(status).toBe(401);
    expect(arrived()).toEqual([]);
  });

  test.each([['websocket'], ['h2c'], ['tcp']])(
    'to upgrade to %s gets neither 101 nor the bot',
    async (protocol) => {
      const dials = call().bot.dials.length;
      const lines = handshake.map((line) => (line.startsWith('Upgrade') ? `Upgrade: ${protocol}` : line));
      for (const path of ['/ws', '/x']) {
        const text = requestText('GET', call().base + path, [
          'Host: gateway.test',
          `Authorization: Bearer ${call().gateway.publicKey}`,
          ...lines,
        ]);
        const { status } = await ask(call().gateway.port, text);
        expect([400, 404, 426]).toContain(status);
      }
      expect([arrived(), call().bot.dials.length]).toEqual([[], dials]);
    },
  );

  test('without a right key learns nothing: the same 401 for every agent, session and path', async () => {
    const paths = [
      call().base,
      call().base.replace('support', 'nobody'),
      call().base.replace(call().session, 'x'),
    ];
    const answers = paths.flatMap((path) =>
      ['/x', '/../x', '/%2e'].map((rest) => send(path + rest, { key: 'pk_no' })),
    );
    const texts = (await Promise.all(answers)).map(({ status, body }) => `${status} ${body}`);
    expect(new Set(texts).size).toBe(1);
    expect(texts[0]).toMatch(/^401 .*PCC-1002/);
  });

  test('of 200 at once is answered each, with its own answer', async () => {
    const answers = await Promise.all(Array.from({ length: 200 }, (_, n) => send(`${call().base}/n/${n}`)));
    expect(answers.every(({ status, body }) => status === 200 && body.includes('heard'))).toBe(true);
    expect(new Set(arrived()).size).toBe(200);
  });
});

describe('the paths for operators', () => {
  test.each([
    '/v1/agents/%2e%2e',
    '/v1/agents/..',
    '/v1/agents/support%00',
    '/v1/agents/%73upport%2fsessions',
    '/v1/agents/support.local',
    '/v1/agents/SUPPORT',
    '/v1/agents/',
    '/v1/agents//sessions',
    '/v1/agents/support/',
    '/v1//agents',
    '/V1/agents',
    '/v1/agents/support/sessions/',
    '/v1/agents/support/sessions/..',
    '/v1/agents/support/sessions/*',
    '/v1/agents/support/sessions/%00',
    '/v1/organizations/local%00/services',
    '/v1/organizations/../services',
    '/v1/organizations/LOCAL/services',
    '/v1/organizations/__proto__/services',
    '/v1/organizations//services',
  ])('%s leads nowhere', async (target) => {
    for (const method of ['GET', 'DELETE']) {
      expect((await send(target, { method, key: call().gateway.privateKey })).status).toBe(404);
    }
  });

  test('bad percent-encoding is 400', async () => {
    for (const target of ['/v1/agents/%zz', '/v1/agents/%', '/v1/agents/%ff']) {
      expect((await send(target, { key: call().gateway.privateKey })).status).toBe(400);
    }
  });

  test('an agent is not deleted, and that is said', async () => {
    const key = call().gateway.privateKey;
    for (const target of ['/v1/agents/support', '/v1/organizations/local/services/support']) {
      expect((await send(target, { method: 'DELETE', key })).status).toBe(501);
      expect((await send(target, { key })).status).toBe(200);
    }
  });

  test('any query is read, or refused with 400', async () => {
    const name = fc.constantFrom('limit', 'offset', 'status', 'startTime', 'endTime', 'x');
    const value = fc.oneof(
      fc.string(),
      fc.integer().map(String),
      fc.double().map(String),
      fc.date().map(String),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(name, value), { maxLength: 4 }), async (pairs) => {
        const query = pairs.map(
          ([key, text]) => `${key}=${encodeURIComponent(Buffer.from(text).toString())}`,
        );
        const answer = await send(`/v1/agents/support/sessions?${query.join('&')}`, {
          key: call().gateway.privateKey,
        });
        expect(answer.status).toBeOneOf([200, 400]);
      }),
      { numRuns: 100 },
    );
  });
});
