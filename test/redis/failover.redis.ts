import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { freePort, testBot } from '../helpers/bot.ts';
import { startCli } from '../helpers/cli.ts';
import { connect, knock } from '../helpers/client.ts';
import { testRedis, type TestRedis } from '../helpers/redis.ts';
import { leastRights, open, quiet, replica } from './scene.ts';

const tls = join(import.meta.dirname, '../helpers/tls');
const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step();
});

async function server(args: readonly string[] = []): Promise<TestRedis> {
  const redis = await testRedis({ args: [...leastRights, ...args] });
  undo.push(() => redis.close());
  return redis;
}

/** A primary and a replica that follows it. */
async function pair(): Promise<[TestRedis, TestRedis]> {
  const primary = await server();
  const follower = await server(['--replicaof', '127.0.0.1', String(primary.port)]);
  await expect
    .poll(() => follower.admin.info('replication'), { timeout: 10_000 })
    .toContain('master_link_status:up');
  return [primary, follower];
}

const url = (...redis: readonly TestRedis[]): string =>
  `redis://hookswitch:test@${redis.map(({ port }) => `127.0.0.1:${port}`).join(',')}`;

describe('of two hosts in the URL', () => {
  test('the primary is used, wherever it stands', async () => {
    const [primary, follower] = await pair();
    for (const hosts of [url(primary, follower), url(follower, primary)]) {
      const { sessions } = await open(hosts);
      await expect
        .poll(() =>
          sessions.ping().then(
            () => 'well',
            () => 'not yet',
          ),
        )
        .toBe('well');
      await sessions.close();
    }
    expect(await follower.admin.get('hs:anything')).toBeNull();
  });

  test('the other one is used when it has taken over: no live call notices, and no token works twice', async () => {
    const [primary, follower] = await pair();
    const bot = await testBot();
    undo.push(() => bot.close());
    const gateway = await replica(url(primary, follower), { agents: { support: bot.url } });
    undo.push(() => gateway.close());
    const [used, unused] = [await gateway.start('support'), await gateway.start('support')];
    const live = await connect(`${used.wsUrl}/${used.token}`);
    await primary.admin.wait(1, 1000);

    primary.signal('SIGKILL');
    await expect.poll(async () => (await gateway.post('support', '{}')).status).toBe(503);
    live.socket.send('still here');
    await expect.poll(() => live.texts()).toEqual(['still here']);
    await follower.admin.sendCommand(['REPLICAOF', 'NO', 'ONE']);
    const since = performance.now();
    while ((await gateway.post('support', '{}')).status !== 200 && performance.now() - since < 10_000) {
      await sleep(20);
    }
    expect(performance.now() - since).toBeLessThanOrEqual(2000);

    expect((await knock(`${used.wsUrl}/${used.token}`)).status).toBe(403);
    expect((await knock(`${unused.wsUrl}/${unused.token}`)).status).toBe(101);
    expect(await gateway.store.find(used.sessionId)).toMatchObject({ ending: null });
    live.socket.close(1000);
    await live.closed;
    await expect.poll(() => gateway.store.find(used.sessionId)).toMatchObject({ ending: { code: 1000 } });
  });

  test('nobody is used while both are replicas', async () => {
    const [primary, follower] = await pair();
    await primary.admin.sendCommand(['REPLICAOF', '127.0.0.1', String(follower.port)]);
    const { sessions } = await open(url(primary, follower));
    undo.push(() => sessions.close());
    await expect(sessions.ping()).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
  });
});

test.each([
  ['a wrong password', 'hookswitch:wrong-password'],
  ['a user nobody knows', 'nobody:test'],
])('with %s every call is refused, and the password is nowhere in the log', async (_, user) => {
  const redis = await server();
  const lines: string[] = [];
  const log = {
    ...quiet,
    error: (facts: object, text: string) => void lines.push(JSON.stringify(facts) + text),
  };
  const { sessions } = await open(`redis://${user}@127.0.0.1:${redis.port}`, { log });
  undo.push(() => sessions.close());
  await expect(sessions.ping()).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
  expect(lines.join('\n')).toContain('Redis is lost');
  expect(lines.join('\n')).toContain('WRONGPASS');
  expect(lines.join('\n')).not.toContain(user.split(':')[1]);
});

test.each([
  ['vouched for', { NODE_EXTRA_CA_CERTS: join(tls, 'cert.pem') }, 200],
  ['vouched for by nobody', {}, 503],
])('over TLS, with a certificate %s, /readyz says so', async (_, env, status) => {
  const [port, tlsPort] = [await freePort(), await freePort()];
  await server([
    '--tls-port',
    String(tlsPort),
    '--tls-auth-clients',
    'no',
    '--tls-cert-file',
    join(tls, 'cert.pem'),
    '--tls-key-file',
    join(tls, 'key.pem'),
    '--tls-ca-cert-file',
    join(tls, 'cert.pem'),
  ]);
  const folder = mkdtempSync(join(tmpdir(), 'hookswitch-redis-tls-'));
  const running = startCli(['serve'], {
    cwd: folder,
    env: {
      ...env,
      PORT: String(port),
      REDIS_URL: `rediss://hookswitch:test@localhost:${tlsPort}`,
      HOOKSWITCH_STATE: join(folder, 'state.json'),
    },
  });
  undo.push(async () => {
    running.child.kill('SIGTERM');
    expect((await running.done).code).toBe(0);
    rmSync(folder, { recursive: true });
  });
  await expect.poll(running.stdout, { timeout: 10_000 }).toContain('"msg":"listening"');
  expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(status);
});
