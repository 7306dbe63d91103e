import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testBot, type TestBot } from '../helpers/bot.ts';
import { carrierOf, openingOf, ring } from '../helpers/carriers.ts';
import { runCli } from '../helpers/cli.ts';
import { connect, knock, type Client } from '../helpers/client.ts';
import { secret } from '../helpers/leaks.ts';
import { agentTable, workersScene, type Scene } from './workers-scene.ts';

const FROM = '+15557350001';
const TO = '+15557350000';

let bot: TestBot;
let gateway: Scene;

beforeAll(async () => {
  bot = await testBot();
  gateway = await workersScene({
    toml:
      agentTable('a', bot.url) +
      agentTable('few', bot.url, 'scaling = { max_agents = 5 }') +
      '[limits]\nmax_sockets = 400\n',
  });
}, 30_000);
afterAll(async () => {
  await gateway.close();
  await bot.close();
});

function times<T>(count: number, make: (index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => make(index)));
}

describe('two workers are one gateway:', () => {
  test('it says once where it listens, and each worker that it does', () => {
    expect(gateway.lines('listening')).toHaveLength(1);
    expect(new Set(gateway.pids().keys())).toEqual(new Set([1, 2]));
    expect(gateway.stderr().match(/Hookswitch is up/g)).toHaveLength(1);
  });

  test('40 sessions open all, once each, and both workers have calls', async () => {
    const started = await times(40, () => gateway.start('a'));
    const clients = await Promise.all(started.map(({ wsUrl, token }) => connect(`${wsUrl}/${token}`)));
    for (const [index, { socket }] of clients.entries()) socket.send(`call ${index}`);
    await expect
      .poll(() => clients.map(({ texts }) => texts()))
      .toEqual(clients.map((_, index) => [`call ${index}`]));
    const again = await Promise.all(started.map(({ wsUrl, token }) => knock(`${wsUrl}/${token}`)));
    expect(again.map(({ status }) => status)).toEqual(started.map(() => 403));
    for (const { socket } of clients) socket.close(1000);
    await expect.poll(() => gateway.lines('call ended').length).toBe(40);
    expect(new Set(gateway.lines('call ended').map(({ worker }) => worker))).toEqual(new Set([1, 2]));
  });

  test('a call that one worker answered is opened on the other', async () => {
    const carrier = carrierOf('twilio', gateway.carriers);
    await times(12, async () => {
      const call = carrier.newCall(FROM, TO);
      const { streamUrl } = await ring(carrier, call, `${gateway.http}/webhooks/twilio/a`);
      const client = await connect(streamUrl);
      for (const line of openingOf('twilio', carrier.newStream(call, {}))) client.socket.send(line);
      await expect.poll(() => client.texts()).toHaveLength(2);
      client.socket.close(1000);
      await client.closed;
    });
    const startedOn = new Map(gateway.lines('call started').map(({ session, worker }) => [session, worker]));
    const connected = gateway.lines('call connected').filter(({ session }) => startedOn.has(session));
    expect(connected).toHaveLength(12);
    expect(connected.some(({ session, worker }) => startedOn.get(session) !== worker)).toBe(true);
  });

  test('calls that come one after the other go to both', async () => {
    const before = gateway.lines('call connected').length;
    const clients: Client[] = [];
    for (let count = 0; count < 20; count += 1) {
      const { wsUrl, token } = await gateway.start('a');
      clients.push(await connect(`${wsUrl}/${token}`));
    }
    const connected = (): readonly unknown[] =>
      gateway
        .lines('call connected')
        .slice(before)
        .map(({ worker }) => worker);
    await expect.poll(() => connected().length).toBe(20);
    const here = connected().filter((worker) => worker === 1).length;
    expect(Math.min(here, 20 - here)).toBeGreaterThanOrEqual(6);
    for (const { socket } of clients) socket.close(1000);
    await Promise.all(clients.map(({ closed }) => closed));
  });

  test('a webhook that comes again gets the very same document, whoever answers it', async () => {
    const carrier = carrierOf('twilio', gateway.carriers);
    const call = carrier.newCall(FROM, TO);
    const url = `${gateway.http}/webhooks/twilio/a`;
    const before = gateway.lines('call started').length;
    const together = await times(20, () => ring(carrier, call, url));
    const later = await times(20, () => ring(carrier, call, url));
    expect(new Set([...together, ...later].map(({ document }) => document)).size).toBe(1);
    expect(together[0]?.verbs[0]?.type).toBe('stream');
    await expect.poll(() => gateway.lines('call started').length - before).toBe(1);
  });

  test('a race of 200 upgrades for one token has one winner', async () => {
    const { wsUrl, token } = await gateway.start('a');
    const before = bot.dials.length;
    const knocks = await times(200, () => knock(`${wsUrl}/${token}`));
    expect(knocks.filter(({ status }) => status === 101)).toHaveLength(1);
    expect(knocks.filter(({ status }) => status === 403)).toHaveLength(199);
    expect(bot.dials.length - before).toBe(1);
  });

  test('max_agents is exact', async () => {
    const answers = await times(30, () => gateway.post('few'));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(5);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(25);
  });

  test('a body is read wherever the bot asks for it', async () => {
    const { wsUrl, token } = await gateway.start('a', { body: { language: 'de' } });
    const before = bot.dials.length;
    const client = await connect(`${wsUrl}/${token}`);
    const credential = String(bot.dials[before]?.headers['x-session-credential']);
    const url = String(bot.dials[before]?.headers['x-session-body-url']);
    secret(credential);
    const headers = { authorization: `Bearer ${credential}`, connection: 'close' };
    const read = await times(6, async () => (await fetch(url, { headers })).text());
    expect(read).toEqual(read.map(() => '{"language":"de"}'));
    client.socket.close(1000);
    await client.closed;
  });

  test.each(['livez', 'readyz'])('/%s answers on any worker', async (path) => {
    const answers = await times(8, () =>
      fetch(`${gateway.http}/${path}`, { headers: { connection: 'close' } }),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  });

  test('every line of a worker carries its number, and every line is whole', async () => {
    for (const line of gateway.stdout().trim().split('\n')) {
      const { msg, worker } = JSON.parse(line) as { msg: string; worker?: number };
      expect([msg, worker === undefined]).toEqual([msg, msg === 'listening']);
    }
  });

  test('a port that is taken is told as by one process', async () => {
    const { code, stdout, stderr } = await runCli(['serve'], {
      env: { PORT: String(gateway.port), HOOKSWITCH_WORKERS: '2' },
    });
    expect([code, stderr]).toEqual([2, expect.stringContaining('EADDRINUSE')]);
    expect(stderr).toMatch(/^hookswitch: cannot listen on .*: another process listens there/m);
    expect(stdout).not.toContain('"listening"');
  });

  test('SIGTERM lets calls go on, takes no more, and exits 0 after the last', async () => {
    const [first, last] = await gateway.calls('a', 2);
    if (!first || !last) throw new Error('both are there');
    expect(first.worker).not.toBe(last.worker);
    gateway.child.kill('SIGTERM');
    await expect.poll(() => gateway.lines('draining').length).toBe(2);
    const knocks = await times(4, () =>
      fetch(`${gateway.http}/readyz`, { headers: { connection: 'close' } }),
    );
    expect(knocks.map(({ status }) => status)).toEqual(knocks.map(() => 503));
    first.socket.close(1000);
    await expect.poll(() => gateway.lines('worker left').length).toBeGreaterThan(0);
    last.socket.send('still here');
    await expect.poll(() => last.texts()).toEqual(['still here']);
    last.socket.close(1000);
    expect((await gateway.done).code).toBe(0);
    expect(gateway.lines('worker lost')).toEqual([]);
    expect(gateway.lines('call ended').map(({ status }) => status)).not.toContain('DRAINED');
  });
});

test.each(['0', '257', '1.5', 'many'])('HOOKSWITCH_WORKERS=%s is a mistake', async (workers) => {
  const { code, stderr } = await runCli(['check'], { env: { HOOKSWITCH_WORKERS: workers } });
  expect([code, stderr]).toEqual([2, expect.stringContaining('HOOKSWITCH_WORKERS: must be 1 to 256')]);
});
