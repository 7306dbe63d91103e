import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { attackedCall } from './raw-request.ts';

const { call, send, arrived } = attackedCall();

describe('a path that some server takes for another one is never passed on', () => {
  test.each([
    '/..',
    '/../x',
    '/x/..',
    '/x/../../y',
    '/.',
    '/./x',
    '/x/.',
    '/%2e%2e/x',
    '/.%2e/x',
    '/%2E%2E',
    '/x%2e',
    '/..;/x',
    '/..;a=1/x',
    '/.;/x',
    '//',
    '//x',
    '//evil.test/x',
    '/x//y',
    '/x//',
    '/x%2fy',
    '/%2F%2Fevil.test',
    '/x%5cy',
    '/%5C%5Cevil.test',
    '/x\\y',
    '/\\evil.test/x',
    '/x%00',
    '/x%0d%0aHost:%20evil',
    '/x%0a',
    '/x%1f',
    '/x%7f',
    '/x%252e%252e',
    '/%25',
    '/x%',
    '/x%2',
    '/x%zz',
    '/x#y',
    '/x?#y',
    '/x?\x7f',
    '/x?é',
    '/é',
    '/x"y',
    '/<x>',
    '/x^y',
    '/x`y',
    '/{x}',
    '/x|y',
    '',
    '/',
    '?x',
    '@evil.test/x',
    ':80/x',
    '.evil.test/x',
  ])('%j', async (path) => {
    const answer = await send(call().base + path);
    expect([400, 404]).toContain(answer.status);
    expect(arrived()).toEqual([]);
  });

  test.each([
    ['absolute form', (path: string) => `http://127.0.0.1:1${path}/x`],
    ['absolute form of our own host', (path: string) => `http://gateway.test${path}/x`],
    ['two slashes before it', (path: string) => `/${path}/x`],
    ['a host before it', (path: string) => `//evil.test${path}/x`],
    ['something before it', (path: string) => `/x${path}/x`],
    ['another case', (path: string) => `${path.replace('public', 'PUBLIC')}/x`],
    ['an encoded agent', (path: string) => `${path.replace('support', '%73upport')}/x`],
    ['an agent that is a host', (path: string) => `${path.replace('support', '127.0.0.1:6379')}/x`],
    ['an agent that is an URL', (path: string) => `${path.replace('support', 'http:%2f%2fevil.test')}/x`],
    ['an agent that is an authority', (path: string) => `${path.replace('support', 'support@evil.test')}/x`],
    ['a service host', (path: string) => `${path.replace('support', 'support.local')}/x`],
    [
      'a session in upper case',
      (path: string) =>
        `${path.toUpperCase().replace('/V1/PUBLIC/SUPPORT/SESSIONS', '/v1/public/support/sessions')}/x`,
    ],
    ['a session with something behind', (path: string) => `${path}%00/x`],
    ['a session with a query', (path: string) => `${path}?/x`],
  ])('%s', async (_, target) => {
    const answer = await send(target(call().base));
    expect([400, 404]).toContain(answer.status);
    expect(arrived()).toEqual([]);
  });

  test('whatever it is made of: it comes to the bot as it was spelled, or not at all', async () => {
    const pieces = ['/', '.', '..', ';', '?', '#', '@', ':', '&', '=', '\\', '~', 'a', 'evil.test'];
    const piece = fc.constantFrom(...pieces, '%2e', '%2f', '%5c', '%25', '%00', '%41', '%ff', '%');
    const path = fc.array(piece, { maxLength: 8 }).map((chosen) => `/${chosen.join('')}`);
    await fc.assert(
      fc.asyncProperty(path, async (text) => {
        call().seen = [];
        const { status } = await send(call().base + text);
        const isPassedOn = status === 200;
        expect([200, 400, 404]).toContain(status);
        expect(arrived()).toEqual(isPassedOn ? [`GET ${text}`] : []);
        if (!isPassedOn) return;
        const [plain = ''] = text.split('?');
        expect(plain).not.toMatch(/[\\#]|%(?!41|ff)/);
        // A server that decodes, drops parameters and resolves, sees the same path.
        const resolved = new URL(plain.replaceAll(/;[^/]*/g, ''), 'http://bot.test');
        expect(resolved.host + resolved.pathname).toBe(`bot.test${plain.replaceAll(/;[^/]*/g, '')}`);
        expect(plain).not.toContain('//');
      }),
      { numRuns: 500 },
    );
  });
});
