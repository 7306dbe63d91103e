import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { freePort, testBot, type TestBot } from '../helpers/bot.ts';
import { runCli } from '../helpers/cli.ts';
import { secret } from '../helpers/leaks.ts';
import { readSamples, scrape, type Samples } from '../helpers/scrape.ts';
import { agentTable, workersScene, type Scene } from './workers-scene.ts';

const STARTS = 'hookswitch_starts_total{via="start",agent="a.local",result="started"}';
const LIVE = 'hookswitch_live_sessions{agent="a.local"}';
const MESSAGES = 'hookswitch_relay_messages_total{direction="bot_to_caller"}';
const DIALS = 'hookswitch_dial_duration_seconds_count{result="answered"}';

let bot: TestBot;
beforeAll(async () => {
  bot = await testBot();
});
afterAll(() => bot.close());

describe('with two workers, a port for metrics', () => {
  let gateway: Scene;
  let url: string;
  const samples = async (): Promise<Samples> => readSamples(await scrape(url));

  beforeAll(async () => {
    url = `http://127.0.0.1:${await freePort()}`;
    const listen = `metrics_listen = "${new URL(url).host}"\n`;
    gateway = await workersScene({ toml: listen + agentTable('a', bot.url) });
  }, 30_000);
  afterAll(() => gateway.close());

  test('has the sum of both', async () => {
    const calls = await gateway.calls('a', 6);
    expect(new Set(calls.map(({ worker }) => worker))).toEqual(new Set([1, 2]));
    for (const { socket } of calls) socket.send('hello');
    for (const { texts } of calls) await expect.poll(texts).toEqual(['hello']);
    expect(Object.fromEntries(await samples())).toMatchObject({
      hookswitch_workers: 2,
      [STARTS]: 6,
      [LIVE]: 6,
      [MESSAGES]: 6,
      [DIALS]: 6,
      hookswitch_sockets: 6,
      'hookswitch_bots{agent="a.local",state="in"}': 1,
    });
    for (const { socket } of calls) socket.close(1000);
    await expect.poll(async () => (await samples()).get(LIVE)).toBe(0);
    expect((await fetch(`${gateway.http}/metrics`)).status).toBe(404);
  });

  test('keeps what a worker had counted that is gone, and loses its gauges', async () => {
    const [lost, kept] = await gateway.calls('a', 2);
    if (!lost || !kept) throw new Error('both are there');
    const before = await samples();
    expect(before.get(LIVE)).toBe(2);
    process.kill(lost.pid, 'SIGKILL');
    await vi.waitUntil(() => gateway.pids().get(lost.worker) !== lost.pid, { timeout: 10_000 });
    await expect.poll(async () => (await samples()).get('hookswitch_workers'), { timeout: 5000 }).toBe(2);
    const after = await samples();
    expect(after.get(LIVE)).toBe(1);
    const counters = [...before].filter(([name]) => /_(total|count|sum|bucket)(\{|$)/.test(name));
    expect(counters.length).toBeGreaterThan(100);
    const backwards = counters.filter(
      ([name, value]) => (after.get(name) ?? 0) < value && !name.startsWith('nodejs_active'),
    );
    expect(backwards).toEqual([]);
    kept.socket.close(1000);
    await kept.closed;
  });

  test('shows a worker that hangs as it was last seen, and does not wait for it', async () => {
    const before = await samples();
    const [pid = 0] = gateway.pids().values();
    process.kill(pid, 'SIGSTOP');
    const since = performance.now();
    const during = await samples();
    process.kill(pid, 'SIGCONT');
    expect(performance.now() - since).toBeLessThan(2000);
    expect(during.get(STARTS)).toBe(before.get(STARTS));
    expect(during.get('hookswitch_workers')).toBe(2);
  });

  test('that is taken is told, and nothing is left running', async () => {
    const { code, stderr } = await runCli(['serve'], {
      env: { PORT: '0', HOOKSWITCH_WORKERS: '2', HOOKSWITCH_METRICS_LISTEN: new URL(url).host },
    });
    expect([code, stderr]).toEqual([2, expect.stringMatching(/for metrics \(EADDRINUSE\)/)]);
  });
});

test('without one, whichever worker answers has the sum, for the private key', async () => {
  const key = `sk_${'w'.repeat(40)}`;
  secret(key);
  const gateway = await workersScene({
    toml: agentTable('a', bot.url),
    env: { HOOKSWITCH_PRIVATE_KEYS: key },
  });
  await Promise.all([gateway.start('a'), gateway.start('a'), gateway.start('a')]);
  const headers = { authorization: `Bearer ${key}`, connection: 'close' };
  for (let count = 0; count < 4; count += 1) {
    const samples = readSamples(await scrape(gateway.http, headers));
    expect([samples.get('hookswitch_workers'), samples.get(STARTS)]).toEqual([2, 3]);
  }
  expect((await fetch(`${gateway.http}/metrics`)).status).toBe(401);
  await gateway.close();
}, 30_000);

test('check shows where metrics and traces go, without the credentials of the collector', async () => {
  const { code, stdout } = await runCli(['check'], {
    env: {
      HOOKSWITCH_METRICS_LISTEN: '[::1]:9464',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318',
      OTEL_EXPORTER_OTLP_HEADERS: 'x-key=collector-credential',
    },
  });
  expect(code).toBe(0);
  expect(stdout).toContain('metrics_listen = "[::1]:9464"');
  expect(stdout).toContain('traces_url = "http://127.0.0.1:4318/v1/traces"');
  expect(stdout).not.toContain('collector-credential');
});

test('one process says in its log where its metrics are', async () => {
  const port = await freePort();
  const listen = `127.0.0.1:${port}`;
  const gateway = await workersScene({
    toml: agentTable('a', bot.url),
    env: { HOOKSWITCH_WORKERS: '1', HOOKSWITCH_METRICS_LISTEN: listen },
  });
  expect(gateway.lines('listening')).toMatchObject([{ metrics: listen }]);
  const samples = readSamples(await scrape(`http://${listen}`));
  expect(samples.get('hookswitch_workers')).toBe(1);
  expect(samples.get('process_start_time_seconds')).toBeGreaterThan(1e9);
  await gateway.close();
}, 30_000);
