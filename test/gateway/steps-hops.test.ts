import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hopSeals, type Hopping } from '../../gateway/steps/hops.ts';
import { momentAfter, type Moment } from '../../gateway/steps/steps.ts';
import type { CompletionStatus, Ending } from '../../gateway/sessions/store.ts';

const key = (byte: number): { kid: string; key: Buffer } => ({
  kid: `k${byte}`,
  key: Buffer.alloc(32, byte),
});
const seals = hopSeals([key(1)]);
const of: Hopping = { provider: 'telnyx', callId: 'v3:one', serviceHost: 'support.acme' };
const hop = { count: 2, after: '0b7c1c1e-4c43-4d8e-9d0e-3f6f0a6f2a11' };

describe('a sealed hop', () => {
  test('is read as what was sealed, by every secret that verifies', () => {
    const text = seals.seal(hop, of);
    expect(seals.read(text, of)).toEqual(hop);
    expect(hopSeals([key(2), key(1)]).read(text, of)).toEqual(hop);
    expect(hopSeals([key(2)]).read(text, of)).toBeNull();
    expect(seals.seal(hop, of)).toBe(text);
  });

  test.each<[string, Partial<Hopping>]>([
    ['provider', { provider: 'twilio' }],
    ['call', { callId: 'v3:two' }],
    ['agent', { serviceHost: 'sales.acme' }],
  ])('is good for one %s only', (_, other) => {
    expect(seals.read(seals.seal(hop, of), { ...of, ...other })).toBeNull();
  });

  test('keeps its fields apart', () => {
    const text = seals.seal(hop, { ...of, callId: 'a', serviceHost: 'b.c' });
    expect(seals.read(text, { ...of, callId: 'a","b', serviceHost: 'c' })).toBeNull();
  });

  test('is refused in every other spelling, and what is not one never throws', () => {
    const text = seals.seal(hop, of);
    const changed = fc
      .tuple(
        fc.nat(text.length - 1),
        fc.constantFrom('0', '1', '2', '9', '.', '-', '_', 'a', 'A', '=', ' ', '\n'),
      )
      .map(([at, character]) => text.slice(0, at) + character + text.slice(at + 1))
      .filter((other) => other !== text);
    fc.assert(
      fc.property(
        fc.oneof(changed, fc.string(), fc.constant(`${text}=`), fc.constant(`0${text}`)),
        (other) => {
          expect(seals.read(other, of)).toBeNull();
        },
      ),
      { numRuns: 500 },
    );
  });
});

const endings: [CompletionStatus, Ending['endedBy'], Moment | null][] = [
  ['WS_CONNECTION_CLOSED', 'bot', 'goodbye'],
  ['WS_CONNECTION_CLOSED', 'caller', null],
  ['LIMIT_REACHED', 'gateway', 'goodbye'],
  ['STOPPED', 'operator', null],
  ['BOT_LOST', 'bot', 'bot_lost'],
  ['CALLER_LOST', 'caller', 'bot_lost'],
  ['DRAINED', 'gateway', 'bot_lost'],
  ['GATEWAY_LOST', 'gateway', 'bot_lost'],
  ['BOT_UNREACHABLE', 'gateway', 'bot_unreachable'],
  ['HANDSHAKE_REFUSED', 'gateway', 'bot_unreachable'],
];
test.each(endings)('after %s by the %s comes %s', (status, endedBy, moment) => {
  expect(momentAfter({ status, endedBy, code: 1000, reason: '', at: 1 })).toBe(moment);
});

test('a stream of which nothing is known has not found its bot', () => {
  expect(momentAfter(null)).toBe('bot_unreachable');
});
