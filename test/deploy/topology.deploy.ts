import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCli } from '../helpers/cli.ts';
import { connect, knock, type Client } from '../helpers/client.ts';
import { run } from './run.ts';
import { caddy, keepsStreams } from './caddy.ts';
import { startTopology, stop, type Topology } from './scene.ts';

// In order: each test leaves the deployment as the next one finds it.
let deployment: Topology;
const tokens: string[] = [];
beforeAll(async () => {
  deployment = await startTopology();
});
afterAll(() => deployment.close());

async function echoes(call: Client, text: string): Promise<void> {
  call.socket.send(text);
  await expect.poll(call.texts, { timeout: 5000 }).toContain(text);
}

async function hangUp(calls: readonly Client[]): Promise<void> {
  for (const { socket } of calls) socket.close(1000);
  await Promise.all(calls.map(({ closed }) => closed));
}

/** Log lines of a gateway with that message. */
const count = (gateway: number, message: string): number =>
  (deployment.gateways[gateway]?.stdout() ?? '').split(`"msg":"${message}"`).length - 1;

test.each(['twilio', 'plivo'])('a call of %s goes all the way through Caddy, over TLS', async (provider) => {
  const webhook = `${deployment.publicUrl}/webhooks/${provider}`;
  const { code, stdout } = await runCli(['call', provider, '--webhook', webhook], {
    env: deployment.callerEnv,
  });
  expect([code, stdout]).toEqual([0, expect.stringContaining('ok:')]);
});

test('a token of one gateway opens a socket on the other, once', async () => {
  const [first, second] = deployment.gateways;
  const { wsUrl, token } = await deployment.start(first?.url);
  tokens.push(token);
  expect(wsUrl).toBe(`${deployment.publicUrl.replace('https', 'wss')}/ws/generic/demo.local`);
  const at = (base = ''): string => `${base.replace('http', 'ws')}/ws/generic/demo.local/${token}`;
  const call = await connect(at(second?.url));
  await echoes(call, 'over there');
  expect((await knock(at(first?.url))).status).toBe(403);
  await hangUp([call]);
});

test('what is for operators and bots is not to be had from outside', async () => {
  const inside = [
    '/metrics',
    '/METRICS',
    '/metrics/',
    '//metrics',
    '/%6detrics',
    '/livez',
    '/readyz',
    '/v1/sessions/x/body',
  ];
  expect(await Promise.all(inside.map((path) => deployment.get(path)))).toEqual(inside.map(() => 404));
});

test('a used token stays used, and an unused one good, when Redis is killed and comes back', async () => {
  const [used, unused] = await Promise.all([deployment.start(), deployment.start()]);
  tokens.push(used.token, unused.token);
  const at = ({ wsUrl, token }: typeof used): string => `${wsUrl}/${token}`;
  const ca = { ca: deployment.ca };
  await hangUp([await connect(at(used), ca)]);
  await stop(deployment.redis(), 'SIGKILL');
  // A caller still hears something: also when no gateway is ready any more, as Caddy soon finds out.
  const apology = { status: 200, body: expect.stringContaining('<Say>Nobody can talk to you right now.') };
  expect(await deployment.ring()).toEqual(apology);
  await expect
    .poll(() => deployment.start().catch(String), { timeout: 20_000 })
    .toMatch(/refused with 503: $/);
  expect(await deployment.ring()).toEqual(apology);
  await deployment.restartRedis();
  // Redis starts, too, when it leaves out what it may not do: https://github.com/redis/redis/issues/14541
  expect(deployment.redis().text()).not.toContain('CRITICAL');
  await expect.poll(async () => (await knock(at(used), ca)).status, { timeout: 10_000 }).toBe(403);
  await hangUp([await connect(at(unused), ca)]);
});

test.runIf(keepsStreams)('live calls go on when the Caddyfile is loaded again', async () => {
  const calls = await Promise.all(Array.from({ length: 4 }, () => deployment.call()));
  const args = ['reload', '--force', '--adapter', 'caddyfile', '--config', 'deploy/caddy/Caddyfile'];
  const { code, text } = run(
    caddy,
    [...args, '--address', deployment.caddyEnv['CADDY_ADMIN'] ?? ''],
    deployment.caddyEnv,
  );
  expect([code, text]).toEqual([0, expect.anything()]);
  await Promise.all(calls.map((call) => echoes(call, 'after the reload')));
  const next = await deployment.call();
  await echoes(next, 'a new one');
  await hangUp([...calls, next]);
});

test('one gateway leaves while calls go on: none is cut, none is refused', async () => {
  const calls = await Promise.all(Array.from({ length: 10 }, () => deployment.call()));
  let cut = 0;
  for (const { closed } of calls) void closed.then(() => (cut += 1));
  const [leaving] = deployment.gateways;
  if (!leaving) throw new Error('there are two gateways');
  leaving.child.kill('SIGTERM');
  // Longer than drain_delay: until the gateway itself would refuse, and after.
  const end = Date.now() + 8000;
  let placed = 0;
  const caller = async (): Promise<void> => {
    while (Date.now() < end) {
      const call = await deployment.call();
      await echoes(call, 'hello');
      await hangUp([call]);
      placed += 1;
    }
  };
  const before = count(0, 'call connected');
  await Promise.all(Array.from({ length: 6 }, caller));
  expect(placed).toBeGreaterThan(100);
  // Caddy needs a moment to notice, and what came meanwhile was taken.
  expect(count(0, 'call connected')).toBeGreaterThan(before);
  expect(cut).toBe(0);
  await Promise.all(calls.map((call) => echoes(call, 'still here')));
  await expect(deployment.start(leaving.url)).rejects.toThrow('503');
  const exited = once(leaving.child, 'exit');
  await hangUp(calls);
  expect(await exited).toEqual([0, null]);
  expect(count(0, 'call ended')).toBeGreaterThan(0);
  expect(count(1, 'call ended')).toBeGreaterThan(0);
});

test('nothing is left in Redis but history, and the answers to webhooks', async () => {
  const [, last] = deployment.gateways;
  last?.child.kill('SIGTERM');
  expect((await last?.done)?.code).toBe(0);
  await stop(deployment.redis(), 'SIGTERM');
  expect(await deployment.kindsOfKeys()).toEqual(['answer', 'call', 'ended', 'ending', 'events', 'session']);
});

test('Caddy has logged every request, and its failures, without tokens and queries', async () => {
  const token = tokens[0] ?? '';
  const statuses = await Promise.all(
    [
      `/ws/generic/demo.local/${token}`,
      `/ws/generic/demo.local?token=${token}`,
      '/webhooks/twilio?From=%2B15551230001',
    ].map((path) => deployment.get(path)),
  );
  expect(statuses.filter((status) => status !== 502 && status !== 503)).toEqual([]);
  await expect.poll(deployment.caddy.text).toContain('/webhooks/twilio?[masked]');
  const text = deployment.caddy.text();
  expect(text).toContain('"uri":"/ws/generic/demo.local/[masked]"');
  expect(text).toContain('"uri":"/ws/generic/demo.local?[masked]"');
  expect(text).toContain('"logger":"http.log.error');
  expect(tokens.filter((used) => text.includes(used))).toEqual([]);
  expect(text).not.toMatch(/15551230001|Bearer|[A-Za-z0-9_-]{60,}\.[A-Za-z0-9_-]{43}/);
});
