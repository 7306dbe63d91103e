import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { restartDelay } from '../../cli/supervised-place.ts';
import { testBot, type TestBot } from '../helpers/bot.ts';
import { carrierOf, openingOf, ring } from '../helpers/carriers.ts';
import { connect } from '../helpers/client.ts';
import { agentTable, grouped, workersScene, type LiveCall, type Scene } from './workers-scene.ts';

let bot: TestBot;
let gateway: Scene;
let folder: string;
/** A module that makes a process throw where nobody catches, on SIGUSR2. */
let planted: string;

beforeAll(async () => {
  bot = await testBot();
  folder = mkdtempSync(join(tmpdir(), 'hookswitch-planted-'));
  planted = join(folder, 'planted.mjs');
  const fault = `() => setImmediate(() => { throw new Error('a planted bug'); })`;
  writeFileSync(planted, `process.on('SIGUSR2', ${fault});`);
});
afterEach(() => gateway.close());
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await bot.close();
});

async function calls(count: number): Promise<Map<number, LiveCall[]>> {
  return grouped(await gateway.calls('a', count), ({ worker }) => worker);
}

/** Says something now and then, until it is told to stop; then all of it must have come back. */
function talking({ socket, texts }: LiveCall): { stop: () => Promise<void> } {
  const said: string[] = [];
  const timer = setInterval(() => {
    said.push(`word ${said.length}`);
    socket.send(said.at(-1) ?? '');
  }, 5);
  return {
    async stop() {
      clearInterval(timer);
      await expect.poll(texts).toEqual(said);
      expect(said).not.toEqual([]);
    },
  };
}

test(
  'a worker that is killed takes its own calls with it, and nothing else',
  { timeout: 40_000 },
  async () => {
    gateway = await workersScene({ toml: agentTable('a', bot.url, 'scaling = { max_agents = 12 }') });
    const byWorker = await calls(10);
    const waiting = [await gateway.start('a'), await gateway.start('a')];
    expect((await gateway.post('a')).status).toBe(429);
    const [dying, staying] = [byWorker.get(1) ?? [], byWorker.get(2) ?? []];
    expect([dying.length, staying.length]).toEqual([5, 5]);
    const talks = staying.map(talking);

    const pid = gateway.pids().get(1) ?? 0;
    process.kill(pid, 'SIGKILL');
    for (const { closed } of dying) expect(await closed).toMatchObject({ code: 1006 });
    await expect
      .poll(() => gateway.lines('worker lost'), { timeout: 5000 })
      .toMatchObject([{ level: 'error', worker: 1, pid, signal: 'SIGKILL', calls: 5, replacedIn: 0 }]);
    await expect.poll(() => gateway.pids().get(1), { timeout: 10_000 }).not.toBe(pid);

    // Tokens from before are good, exactly five places are free, and both workers have calls again.
    for (const { wsUrl, token } of waiting) (await connect(`${wsUrl}/${token}`)).socket.send('');
    const again = await calls(5);
    expect(new Set(again.keys())).toEqual(new Set([1, 2]));
    expect((await gateway.post('a')).status).toBe(429);
    for (const talk of talks) await talk.stop();
  },
);

test('callers of a worker that is killed hear the fallback', { timeout: 30_000 }, async () => {
  gateway = await workersScene({ toml: agentTable('a', bot.url, 'fallback = { say = "Call later." }') });
  const carrier = carrierOf('twilio', gateway.carriers);
  const call = carrier.newCall('+15557350001', '+15557350000');
  const { streamUrl, verbs } = await ring(carrier, call, `${gateway.http}/webhooks/twilio/a`);
  const client = await connect(streamUrl);
  for (const line of openingOf('twilio', carrier.newStream(call, {}))) client.socket.send(line);
  await expect.poll(() => gateway.lines('call connected')).toHaveLength(1);
  const worker = Number(gateway.lines('call connected')[0]?.['worker']);
  process.kill(gateway.pids().get(worker) ?? 0, 'SIGKILL');
  await client.closed;
  await expect.poll(() => gateway.lines('worker lost')).toMatchObject([{ worker, calls: 1 }]);
  const next = verbs.find((verb) => verb.type === 'redirect');
  const after = await ring(carrier, call, next?.type === 'redirect' ? next.url : '');
  expect(after.verbs[0]).toEqual({ type: 'say', text: 'Call later.' });
});

test(
  'a bug in one worker: it is replaced at once, and finishes its calls meanwhile',
  { timeout: 40_000 },
  async () => {
    gateway = await workersScene({
      toml: agentTable('a', bot.url),
      env: { NODE_OPTIONS: `--import=${planted}` },
    });
    const byWorker = await calls(4);
    const [failing, other] = [byWorker.get(1)?.[0], byWorker.get(2)?.[0]];
    if (!failing || !other) throw new Error('both workers have calls');
    const talks = [failing, other].map(talking);
    process.kill(failing.pid, 'SIGUSR2');
    await expect.poll(() => gateway.pids().get(1), { timeout: 10_000 }).not.toBe(failing.pid);
    // Nothing new reaches the one that fails: it would be refused.
    const answers = await Promise.all(Array.from({ length: 12 }, () => gateway.post('a')));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    for (const talk of talks) await talk.stop();
    for (const { socket } of byWorker.get(1) ?? []) socket.close(1000);
    await expect
      .poll(() => gateway.lines('worker lost'), { timeout: 10_000 })
      .toMatchObject([{ worker: 1, pid: failing.pid, code: 1, calls: 0 }]);
    expect(
      gateway.lines('call ended').filter(({ status }) => status === 'WS_CONNECTION_CLOSED'),
    ).toHaveLength(2);
  },
);

test('a worker that keeps dying waits longer each time', { timeout: 40_000 }, async () => {
  gateway = await workersScene({ toml: agentTable('a', bot.url) });
  const dead = new Set<number>();
  for (let count = 1; count <= 5; count += 1) {
    await expect.poll(() => dead.has(gateway.pids().get(1) ?? 0), { timeout: 10_000 }).toBe(false);
    const pid = gateway.pids().get(1) ?? 0;
    dead.add(pid);
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => gateway.lines('worker lost').length).toBe(count);
  }
  expect(gateway.lines('worker lost').map(({ replacedIn }) => replacedIn)).toEqual([0, 0, 0, 1, 2]);
  expect((await gateway.post('a')).status).toBe(200);
  gateway.child.kill('SIGTERM');
  expect((await gateway.done).code).toBe(0);
});

test.each([
  [1, 0],
  [3, 0],
  [4, 1000],
  [5, 2000],
  [8, 16_000],
  [9, 30_000],
  [100, 30_000],
  [5000, 30_000],
])('after %i deaths in a row a replacement waits %i ms', (deaths, ms) => {
  expect(restartDelay(deaths)).toBe(ms);
});

test('a second SIGTERM ends the calls', { timeout: 30_000 }, async () => {
  gateway = await workersScene({ toml: agentTable('a', bot.url) });
  const all = [...(await calls(2)).values()].flat();
  gateway.child.kill('SIGTERM');
  await expect.poll(() => gateway.lines('draining').length).toBe(2);
  gateway.child.kill('SIGTERM');
  for (const { closed } of all) expect(await closed).toMatchObject({ code: 1001 });
  expect((await gateway.done).code).toBe(0);
});

test.each(['SIGINT', 'SIGTERM'] as const)(
  'a %s that reaches every process of the group counts once',
  { timeout: 30_000 },
  async (signal) => {
    gateway = await workersScene({ toml: agentTable('a', bot.url) });
    const all = [...(await calls(2)).values()].flat();
    for (const pid of gateway.pids().values()) process.kill(pid, signal);
    gateway.child.kill(signal);
    await expect.poll(() => gateway.lines('draining').length).toBe(2);
    const talks = all.map(talking);
    await new Promise((resolve) => setTimeout(resolve, 100));
    for (const talk of talks) await talk.stop();
    for (const { socket } of all) socket.close(1000);
    expect((await gateway.done).code).toBe(0);
  },
);

test('without their supervisor the workers finish their calls, and leave', { timeout: 30_000 }, async () => {
  gateway = await workersScene({ toml: `drain_timeout = 3\n${agentTable('a', bot.url)}` });
  const all = [...(await calls(2)).values()].flat();
  const talks = all.map(talking);
  gateway.child.kill('SIGKILL');
  await expect.poll(() => gateway.lines('draining').length).toBe(2);
  for (const talk of talks) await talk.stop();
  all[0]?.socket.close(1000);
  expect(await all[1]?.closed).toMatchObject({ code: 1001 });
  // Its pipes are closed when no process holds them any more.
  await gateway.done;
});
