import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { WebSocket } from 'ws';
import {
  MAX_PROBE_SOCKETS,
  newProbe,
  PROBE_HEADER,
  PROBE_LIFE,
  PROBE_TOLERANCE,
  probes,
  type Probe,
} from '../../gateway/probe.ts';
import type { MasterSecret } from '../../gateway/secrets.ts';
import { connect, knock, type Client } from '../helpers/client.ts';
import { testGateway, type TestGateway } from '../helpers/gateway.ts';
import { secret as hidden } from '../helpers/leaks.ts';

const NOW = Date.UTC(2026, 10, 21);
const keyed = (kid: string): MasterSecret => ({ kid, key: randomBytes(32) });
const first = keyed('k1');
const second = keyed('k2');
const master = randomBytes(32).toString('base64url');
const shared: MasterSecret = { kid: 'k1', key: Buffer.from(master, 'base64url') };

let gateway: TestGateway;
beforeAll(async () => {
  hidden(master);
  gateway = await testGateway({
    agents: { support: 'ws://127.0.0.1:1/ws' },
    env: { HOOKSWITCH_SECRETS: `k1:${master}` },
  });
});
afterAll(() => gateway.close());

const target = '/webhooks/twilio/support?a=%2F+b&&c';
const ask = (ticket: string, path = target): Promise<Response> =>
  fetch(gateway.http + path, { headers: { [PROBE_HEADER]: ticket } });
const ticketOf = (probe: Probe): { [PROBE_HEADER]: string } => ({ [PROBE_HEADER]: probe.ticket });

test('says what reached it, byte for byte, on any path', async () => {
  const probe = newProbe([shared], Date.now());
  const answer = await ask(probe.ticket);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(probe.read(await answer.text())).toMatchObject({ method: 'GET', target });
});

test('leaves no trace in log and metrics', async () => {
  const [lines, page] = [gateway.log.length, await gateway.scrape()];
  await ask(newProbe([shared], Date.now()).ticket);
  const counted = (text: string): string[] =>
    text.split('\n').filter((line) => /^hookswitch_(starts|upgrades|webhooks)_total/.test(line));
  expect([gateway.log.length, counted(await gateway.scrape())]).toEqual([lines, counted(page)]);
});

describe('whoever cannot prove that it may ask is answered as if it had not', () => {
  const good = newProbe([shared], Date.now()).ticket;
  test.each([
    ['another secret', () => newProbe([first], Date.now()).ticket],
    ['a ticket that is too old', () => newProbe([shared], Date.now() - PROBE_TOLERANCE - 2000).ticket],
    ['a ticket from too far ahead', () => newProbe([shared], Date.now() + PROBE_TOLERANCE + 5000).ticket],
    ['another time on it', () => good.replace(/^\d+/, (seconds) => String(Number(seconds) + 1))],
    ['a nonce of its own', () => good.replace(/\.[^.]+\./, `.${'A'.repeat(22)}.`)],
    ['nothing in it', () => ''],
    ['two tickets', () => `${good}, ${good}`],
  ])('%s', async (_, make) => {
    const ticket = make();
    const [asked, plain] = await Promise.all([ask(ticket), fetch(gateway.http + target)]);
    expect([asked.status, await asked.text()]).toEqual([plain.status, await plain.text()]);
    const refused = await knock(`${gateway.ws}/ws/nowhere`, { headers: { [PROBE_HEADER]: ticket } });
    expect(refused.status).toBe(404);
  });
});

describe('an answer counts only', () => {
  const gate = probes({ secrets: [first, second], now: () => NOW });
  /** What a gateway with both secrets answers. */
  function answered(probe: Probe, asked = gate): string | null {
    let text: string | null = null;
    const response = { writeHead: () => ({ end: (body: string) => (text = body) }) };
    const request = { method: 'POST', url: '/x', headers: { [PROBE_HEADER]: probe.ticket } };
    asked.before(() => {})(request as never, response as never);
    return text;
  }

  test('for the question that was asked', () => {
    const [one, two] = [newProbe([first], NOW), newProbe([first], NOW)];
    const answer = answered(one) ?? '';
    expect(one.read(answer)).toEqual({ method: 'POST', target: '/x', now: NOW });
    expect(two.read(answer)).toBeNull();
    expect(one.read(answer.replace('/x', '/y'))).toBeNull();
    expect(one.read('null')).toBeNull();
    expect(one.read('<html>')).toBeNull();
  });

  test('from a gateway that shares one of the secrets, whichever it signs with', () => {
    expect(newProbe([second, first], NOW).read(answered(newProbe([second], NOW)) ?? '')).toBeNull();
    const probe = newProbe([second, first], NOW);
    expect(probe.read(answered(probe) ?? '')).not.toBeNull();
  });

  test('within the time that clocks may differ', () => {
    const at = (now: number): string | null =>
      answered(newProbe([first], NOW), probes({ secrets: [first], now: () => now }));
    expect(at(NOW + PROBE_TOLERANCE)).not.toBeNull();
    expect(at(NOW + PROBE_TOLERANCE + 1)).toBeNull();
    expect(at(NOW - PROBE_TOLERANCE)).not.toBeNull();
    expect(at(NOW - PROBE_TOLERANCE - 1)).toBeNull();
  });
});

test(`${MAX_PROBE_SOCKETS} sockets may ask at once, and no call is among them`, async () => {
  const open = (): Promise<Client> =>
    connect(`${gateway.ws}/ws/twilio/support.local/token`, {
      headers: ticketOf(newProbe([shared], Date.now())),
    });
  const clients = await Promise.all(Array.from({ length: MAX_PROBE_SOCKETS }, open));
  await expect(open()).rejects.toThrow(/refused with 40\d/);
  expect(await gateway.scrape()).not.toMatch(/^hookswitch_live_sessions\S* [1-9]/m);
  clients[0]?.socket.close();
  await clients[0]?.closed;
  await expect
    .poll(() =>
      open()
        .then(({ socket }: { socket: WebSocket }) => socket.terminate())
        .catch(() => 'full'),
    )
    .toBeUndefined();
  for (const { socket } of clients) socket.terminate();
});

test('a socket that stays is ended after its time', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const { closed } = await connect(`${gateway.ws}/ws/x`, {
    headers: ticketOf(newProbe([shared], Date.now())),
  });
  await vi.advanceTimersByTimeAsync(PROBE_LIFE);
  vi.useRealTimers();
  expect((await closed).code).toBe(1006);
});
