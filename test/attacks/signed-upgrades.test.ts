import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { testBot, type TestBot } from '../helpers/bot.ts';
import { knock } from '../helpers/client.ts';
import type { TestGateway } from '../helpers/gateway.ts';
import { expectNormalCall } from './alive.ts';
import {
  announced,
  FROM,
  signatureFor,
  signedGateway,
  signing,
  stream,
  strangerOf,
  TO,
  type Announced,
} from './signed.ts';

let bot: TestBot;
let gateway: TestGateway;

beforeAll(async () => {
  bot = await testBot();
  gateway = await signedGateway(bot);
});
afterEach(() => expectNormalCall(gateway, 'support'));
afterAll(async () => {
  await gateway.close();
  await bot.close();
});

describe.each(signing)('an agent that asks for the signature of %s', (name) => {
  test('gets the call that was announced, without any token', async () => {
    const one = await announced(name, 'signed', gateway);
    expect(one.streamUrl).toBe(`${gateway.ws}/ws/${name}/signed.local`);
    const before = bot.dials.length;
    const client = await stream(one, one.call);
    await expect.poll(() => client.texts().length).toBeGreaterThan(0);
    expect(bot.dials[before]?.headers).toMatchObject({ 'x-call-id': encodeURIComponent(one.call.id) });
    client.socket.close(1000);
    expect(await client.closed).toMatchObject({ code: 1000 });
  });

  test('lets a replayed upgrade open nothing, however often it comes', async () => {
    const one = await announced(name, 'signed', gateway);
    const before = bot.dials.length;
    const first = await stream(one, one.call);
    await expect.poll(() => first.texts().length).toBeGreaterThan(0);
    const second = await stream(one, one.call);
    expect(await second.closed).toEqual({ code: 1008, reason: 'no session waits for this call' });
    first.socket.close(1000);
    await first.closed;
    const third = await stream(one, one.call);
    expect(await third.closed).toMatchObject({ code: 1008 });
    expect(bot.dials.length - before).toBe(1);
  });

  test('has one winner among 100 at once', async () => {
    const one = await announced(name, 'signed', gateway);
    const before = bot.dials.length;
    const clients = await Promise.all(Array.from({ length: 100 }, () => stream(one, one.call)));
    const codes: number[] = [];
    for (const client of clients) void client.closed.then(({ code }) => codes.push(code));
    await expect.poll(() => codes, { timeout: 5000 }).toHaveLength(99);
    expect(new Set(codes)).toEqual(new Set([1008]));
    const [winner] = clients.filter(({ socket }) => socket.readyState === socket.OPEN);
    await expect.poll(() => winner?.texts().length).toBeGreaterThan(0);
    winner?.socket.close(1000);
    expect(bot.dials.length - before).toBe(1);
  });

  test.each(['of another agent', 'never announced'])('refuses a call %s, and dials no bot', async (which) => {
    const mine = await announced(name, 'signed', gateway);
    const other = which === 'never announced' ? null : await announced(name, 'sales', gateway);
    const before = bot.dials.length;
    const client = await stream(mine, other?.call ?? mine.carrier.newCall(FROM, TO));
    expect(await client.closed).toEqual({ code: 1008, reason: 'no session waits for this call' });
    expect(bot.dials.length).toBe(before);
    // Nobody has lost anything by it.
    const right = await stream(mine, mine.call);
    await expect.poll(() => right.texts().length).toBeGreaterThan(0);
    right.socket.close(1000);
  });

  test.each<[string, (one: Announced) => { url?: string; headers?: Record<string, string> }]>([
    ['without a signature', () => ({ headers: {} })],
    ['with another letter in it', ({ headers }) => ({ headers: spoiled(headers) })],
    [
      'signed for another path',
      ({ carrier }) => ({ headers: signatureFor(carrier, `${gateway.ws}/ws/${name}/sales.local`) }),
    ],
    [
      'signed for another host',
      ({ carrier }) => ({ headers: signatureFor(carrier, `wss://example.com/ws/${name}/signed.local`) }),
    ],
    [
      'with a query, signed as well',
      ({ carrier, streamUrl }) => ({
        url: `${streamUrl}?a=1`,
        headers: signatureFor(carrier, `${streamUrl}?a=1`),
      }),
    ],
    [
      'with something behind the address, signed as well',
      ({ carrier, streamUrl }) => ({
        url: `${streamUrl}/x`,
        headers: signatureFor(carrier, `${streamUrl}/x`),
      }),
    ],
    [
      'in another spelling of the address, signed as well',
      ({ carrier }) => {
        const url = `${gateway.ws}/ws/${name}?serviceHost=signed.local`;
        return { url, headers: signatureFor(carrier, url) };
      },
    ],
    ['of another account', ({ streamUrl }) => ({ headers: signatureFor(strangerOf(name), streamUrl) })],
    [
      'as a header that was sent twice',
      ({ headers }) => ({
        headers: Object.fromEntries(
          Object.entries(headers).map(([key, value]) => [key, `${value}, ${value}`]),
        ),
      }),
    ],
  ])('refuses an upgrade %s with 403 before any 101', async (_, attack) => {
    const one = await announced(name, 'signed', gateway);
    const before = bot.dials.length;
    const { url = one.streamUrl, headers = one.headers } = attack(one);
    const { status, body } = await knock(url, { headers });
    expect({ status, reason: (JSON.parse(body) as { reason: string }).reason }).toEqual({
      status: 403,
      reason: 'ERR_SIGNATURE_REFUSED',
    });
    expect(bot.dials.length).toBe(before);
  });
});

function spoiled(headers: Record<string, string>): Record<string, string> {
  const other = (value: string): string => (value.startsWith('A') ? 'B' : 'A') + value.slice(1);
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      /signature(-ma)?(-v3)?$/.test(name) ? other(value) : value,
    ]),
  );
}
