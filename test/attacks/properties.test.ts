import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readAddress } from '../../gateway/address.ts';
import { isServiceHost } from '../../gateway/agents.ts';
import { isJson } from '../../shared/json-text.ts';
import { readQueryBody, toQueryBody } from '../../gateway/query-body.ts';
import { tokenSigner } from '../../gateway/token.ts';
import { claims, mint, secretOf } from './forge.ts';
import { jsonValue } from './json-texts.ts';
import { tokenVectors } from './vectors.ts';

const endpoints = new Set(['generic', 'twilio']);
const RUNS = { numRuns: 2000 };

/** Text made of what matters to a parser of targets. */
const target = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(
      fc.constantFrom(
        '/',
        'ws',
        'generic',
        'twilio',
        'a.b',
        '?',
        '&',
        '=',
        'token',
        'serviceHost',
        'body',
        '%',
        '2e',
        '..',
        '#',
        '\\',
        ';',
        '+',
      ),
    )
    .map((parts) => parts.join('')),
);

describe('the address of a socket', () => {
  test('is read or refused, and never throws, whatever the target and the header', () => {
    fc.assert(
      fc.property(target, fc.array(fc.string({ unit: 'binary' }), { maxLength: 3 }), (text, headers) => {
        const address = readAddress(text, headers, endpoints);
        const isRead = 'endpoint' in address && endpoints.has(address.endpoint);
        expect(isRead || ('status' in address && [400, 404].includes(address.status))).toBe(true);
      }),
      RUNS,
    );
  });

  test('names a service host only when it is one', () => {
    fc.assert(
      fc.property(target, fc.string({ unit: 'binary' }), (text, host) => {
        for (const tried of [
          text,
          `/ws/generic/${host}`,
          `/ws/generic?serviceHost=${encodeURIComponent(Buffer.from(host).toString())}`,
        ]) {
          const address = readAddress(tried, [], endpoints);
          if ('status' in address || address.serviceHost === null) continue;
          expect(isServiceHost(address.serviceHost)).toBe(true);
          expect(address.serviceHost).toMatch(/^[a-z0-9-]{1,63}\.[a-z0-9-]{1,63}$/);
        }
      }),
      RUNS,
    );
  });

  test('holds the token as it was written, in each of its places', () => {
    const written = fc.stringMatching(/^[A-Za-z0-9_.~%+=-]{1,80}$/);
    fc.assert(
      fc.property(written, (token) => {
        const read = (text: string, headers: string[] = []): unknown => readAddress(text, headers, endpoints);
        expect(read(`/ws/generic/a.b/${token}`)).toMatchObject({ serviceHost: 'a.b', token });
        expect(read(`/ws/generic/a.b?x=1&token=${token}&y`)).toMatchObject({ serviceHost: 'a.b', token });
        expect(read('/ws/generic/a.b', [`Bearer ${token}`])).toMatchObject({ serviceHost: 'a.b', token });
      }),
      RUNS,
    );
  });
});

describe('?body=', () => {
  test('comes back as it went in, in every alphabet', () => {
    fc.assert(
      fc.property(jsonValue, (json) => {
        const encoded = toQueryBody(json);
        fc.pre(encoded !== null);
        const wellFormed = Buffer.from(json).toString();
        const inQuery = new URLSearchParams(`body=${encoded ?? ''}`).get('body') ?? '';
        const base64 = Buffer.from(json).toString('base64');
        for (const spelling of [
          inQuery,
          base64,
          base64.replace(/=+$/, ''),
          base64.replaceAll('+', ' '),
          Buffer.from(json).toString('base64url'),
        ]) {
          expect(readQueryBody(spelling)).toBe(wellFormed);
        }
      }),
      RUNS,
    );
  });

  test('of anything is JSON or nothing, and never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.base64String()), (text) => {
        const json = readQueryBody(text);
        expect(json === null || isJson(json, 64)).toBe(true);
      }),
      RUNS,
    );
  });
});

describe('a token', () => {
  const secret = secretOf(tokenVectors.secret);
  const signer = tokenSigner([secret], () => tokenVectors.now);

  test('of any text is refused without a throw', () => {
    const shaped = fc.tuple(
      fc.stringMatching(/^[A-Za-z0-9_-]{60,400}$/),
      fc.stringMatching(/^[A-Za-z0-9_-]{43}$/),
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      shaped.map((parts) => parts.join('.')),
    );
    fc.assert(
      fc.property(text, (token) => {
        expect(signer.read(token)).toBeNull();
      }),
      RUNS,
    );
  });

  test('of any payload under a right MAC is refused without a throw, unless it is one that we write', () => {
    const seconds = tokenVectors.now / 1000;
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...Object.keys(claims(0))), fc.jsonValue()), (change) => {
        const payload = { ...claims(seconds), ...change };
        const grant = signer.read(mint(secret, JSON.stringify(payload)));
        if (!grant) return;
        expect(payload).toMatchObject({ v: 1, typ: 'ws-session', kid: 'k1' });
        expect(grant.expiresAt).toBeLessThanOrEqual(tokenVectors.now + 302_000);
        expect(grant.serviceHost).toBe(payload.sh);
      }),
      RUNS,
    );
  });

  test('that was just issued is read as what it was issued for', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9]{1,63}\.[a-z0-9]{1,63}$/), (serviceHost) => {
        const { token, ...grant } = signer.issue(serviceHost);
        expect(signer.read(token)).toEqual(grant);
      }),
    );
  });
});
