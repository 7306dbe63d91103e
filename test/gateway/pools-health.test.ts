import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { PoolOptions } from '../../gateway/agents.ts';
import { HEALTH_TIMEOUT } from '../../gateway/limits.ts';
import { staticBot } from '../../gateway/pools/bots.ts';
import { healthChecks } from '../../gateway/pools/health-checks.ts';
import { freePort } from '../helpers/bot.ts';
import { agentWith, botOfTest, call, callsAt, gatewayOfTest, logged } from './pools-scene.ts';

/** Milliseconds: a file may not say so little. */
const INTERVAL = 20;
const pool: PoolOptions = {
  maxSessions: null,
  wait: 0,
  health: '/readyz?full=1',
  healthInterval: INTERVAL,
  discovery: 'static',
};

/** What is found out about a bot, check after check. */
function checksOf(url: string): (string | null)[] {
  const outcomes: (string | null)[] = [];
  const checks = healthChecks({
    path: '/readyz',
    interval: INTERVAL,
    bots: () => [staticBot(url)],
    checked: (_, failure) => void outcomes.push(failure?.message ?? null),
  });
  checks.start();
  onTestFinished(checks.stop);
  return outcomes;
}

async function serverOfTest(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws`;
}

test('a bot is out while it says that it is not ready, and gets calls again when it is', async () => {
  let status = 503;
  const asked: (string | undefined)[] = [];
  const sick = await botOfTest({
    answer: ({ url, headers }, response) => {
      asked.push(`${headers.host} ${url}`);
      response.writeHead(status).end();
    },
  });
  const well = await botOfTest({ answer: (_, response) => void response.end() });
  const gateway = await gatewayOfTest(agentWith([sick.url, well.url]), { patch: { pool } });
  await expect.poll(() => logged(gateway, 'bot out')).toHaveLength(1);
  expect(logged(gateway, 'bot out')).toMatchObject([
    { agent: 'a', bot: sick.url, error: expect.stringContaining('503') },
  ]);
  for (let turn = 0; turn < 3; turn += 1) await call(gateway);
  expect([sick, well].map(callsAt)).toEqual([0, 3]);
  status = 204;
  await expect.poll(() => logged(gateway, 'bot in again')).toHaveLength(1);
  for (let turn = 0; turn < 3; turn += 1) await call(gateway);
  expect([sick, well].map(callsAt)).toEqual([3, 3]);
  expect(new Set(asked)).toEqual(new Set([`${new URL(sick.url).host} /readyz?full=1`]));
  expect(logged(gateway, 'bot out')).toHaveLength(1);
});

test('when all of them are unwell, they get the calls all the same', async () => {
  const bot = await botOfTest({ answer: (_, response) => void response.writeHead(500).end() });
  const gateway = await gatewayOfTest(agentWith([bot.url]), { patch: { pool } });
  await expect.poll(() => logged(gateway, 'bot out')).toHaveLength(1);
  await call(gateway);
  expect(callsAt(bot)).toBe(1);
});

describe('a health check', () => {
  test.each([
    [200, null],
    [204, null],
    [299, null],
    [300, 'the health check was answered with status 300'],
    [404, 'the health check was answered with status 404'],
    [503, 'the health check was answered with status 503'],
  ])('answered with %i finds %s', async (status, outcome) => {
    const outcomes = checksOf(await serverOfTest((_, response) => void response.writeHead(status).end()));
    await expect.poll(() => outcomes[0]).toBe(outcome);
  });

  test('does not follow a redirect', async () => {
    const asked: (string | undefined)[] = [];
    const url = await serverOfTest(({ url: path }, response) => {
      asked.push(path);
      response.writeHead(path === '/readyz' ? 302 : 200, { location: '/healthy' }).end();
    });
    const outcomes = checksOf(url);
    await expect.poll(() => outcomes.length).toBeGreaterThan(2);
    expect(outcomes[0]).toContain('302');
    expect(asked).not.toContain('/healthy');
  });

  test('does not wait for a body, nor read one', async () => {
    let sent = 0;
    let hungUp = 0;
    const url = await serverOfTest((_, response) => {
      response.writeHead(200).flushHeaders();
      const more = (): void => {
        sent += 65_536;
        if (!response.destroyed) response.write(Buffer.alloc(65_536), () => setImmediate(more));
      };
      response.once('close', () => (hungUp += 1));
      more();
    });
    const outcomes = checksOf(url);
    await expect.poll(() => hungUp).toBeGreaterThan(2);
    expect(new Set(outcomes)).toEqual(new Set([null]));
    expect(sent / hungUp).toBeLessThan(8 * 1024 * 1024);
  });

  test('is made of one bot once at a time, and is over after two seconds', async () => {
    let asked = 0;
    const since = performance.now();
    const outcomes = checksOf(await serverOfTest(() => void (asked += 1)));
    await expect.poll(() => asked).toBe(1);
    await expect
      .poll(() => outcomes, { timeout: 4000 })
      .toEqual(['no answer to the health check within 2 s']);
    expect(performance.now() - since).toBeGreaterThanOrEqual(HEALTH_TIMEOUT);
    expect(asked).toBeLessThanOrEqual(2);
  });

  test('finds out that nobody listens', async () => {
    const outcomes = checksOf(`ws://127.0.0.1:${await freePort()}/ws`);
    await expect.poll(() => outcomes[0]).toContain('ECONNREFUSED');
  });

  test.each([
    ['hangs up', (response: Parameters<RequestListener>[1]) => response.socket?.destroy(), 'socket hang up'],
    [
      'speaks no HTTP',
      (response: Parameters<RequestListener>[1]) => response.socket?.end('hello\r\n\r\n'),
      'Parse Error',
    ],
    [
      'switches to something else',
      (response: Parameters<RequestListener>[1]) =>
        response.socket?.write(
          'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
        ),
      'no answer to the health check',
    ],
    [
      'sends endless headers',
      (response: Parameters<RequestListener>[1]) =>
        response.socket?.write(`HTTP/1.1 200 OK\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`),
      'Header overflow',
    ],
  ])('of a bot that %s goes wrong', async (_, answer, reason) => {
    const outcomes = checksOf(await serverOfTest((_request, response) => void answer(response)));
    await expect.poll(() => outcomes[0]).toContain(reason);
  });

  test('does not trust a certificate that nobody vouches for', async () => {
    const tls = join(import.meta.dirname, '../helpers/tls');
    const [key, cert] = ['key.pem', 'cert.pem'].map((name) => readFileSync(join(tls, name)));
    const server = createTlsServer({ key, cert }, (_, response) => void response.end()).listen(
      0,
      '127.0.0.1',
    );
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const outcomes = checksOf(`wss://localhost:${(server.address() as AddressInfo).port}/ws`);
    await expect.poll(() => outcomes[0]).toContain('self-signed certificate');
  });

  test('is the last one when the gateway is drained, and none under way outlives it', async () => {
    let [asked, open] = [0, 0];
    const bot = await botOfTest({
      answer: (_, response) => {
        asked += 1;
        open += 1;
        response.once('close', () => (open -= 1));
      },
    });
    const gateway = await gatewayOfTest(agentWith([bot.url]), { patch: { pool } });
    await expect.poll(() => asked).toBe(1);
    await gateway.close();
    await expect.poll(() => open).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, INTERVAL * 5));
    expect(asked).toBe(1);
    expect(logged(gateway, 'bot out')).toEqual([]);
  });
});
