import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { workersScene, type Scene } from '../cli/workers-scene.ts';
import { echo } from '../helpers/bot.ts';
import { connect, knock } from '../helpers/client.ts';
import { secret } from '../helpers/leaks.ts';

const tls = join(import.meta.dirname, '../helpers/tls');
const bot = createServer(
  { key: readFileSync(join(tls, 'key.pem')), cert: readFileSync(join(tls, 'cert.pem')) },
  ({ method, url, headers }, response) => response.end(`${method} ${url} ${headers.host}`),
);
const publicKey = `pk_${'p'.repeat(40)}`;
const privateKey = `sk_${'s'.repeat(40)}`;
let scene: Scene;

beforeAll(async () => {
  secret(publicKey, privateKey);
  new WebSocketServer({ server: bot }).on('connection', echo);
  bot.listen(0, '127.0.0.1');
  await once(bot, 'listening');
  const url = `wss://localhost:${(bot.address() as AddressInfo).port}/ws`;
  scene = await workersScene({
    toml: `[[agents]]\nagent_name = "a"\nwebsocket_auth = "none"\nbots = ["${url}"]\n[[agents]]\nagent_name = "b"\nwebsocket_auth = "token"\nbots = ["${url}"]\n`,
    env: {
      HOOKSWITCH_PUBLIC_KEYS: publicKey,
      HOOKSWITCH_PRIVATE_KEYS: privateKey,
      NODE_EXTRA_CA_CERTS: join(tls, 'cert.pem'),
    },
  });
});
afterAll(async () => {
  await scene.close();
  bot.closeAllConnections();
  bot.close();
});

/** Over a connection of its own: the workers take turns. */
async function ask(path: string, key = privateKey, method = 'GET'): Promise<Response> {
  const headers = { authorization: `Bearer ${key}`, connection: 'close' };
  return fetch(scene.http + path, { method, headers });
}

test('any worker lists, asks and stops the calls of every other one, over TLS to the bot', async () => {
  const callers = await Promise.all(
    Array.from({ length: 6 }, () => connect(`ws://127.0.0.1:${scene.port}/ws/generic/a.local`)),
  );
  const list = (await (await ask('/v1/agents/a/sessions?status=active')).json()) as {
    total_count: number;
    sessions: { sessionId: string }[];
  };
  expect(list.total_count).toBe(6);
  const { host } = new URL(`https://localhost:${(bot.address() as AddressInfo).port}`);
  for (const { sessionId } of list.sessions) {
    const passedOn = await ask(`/v1/public/a/sessions/${sessionId}/status?x=1`, publicKey, 'POST');
    expect([passedOn.status, await passedOn.text()]).toEqual([200, `POST /status?x=1 ${host}`]);
    expect((await ask(`/v1/agents/a/sessions/${sessionId}`, privateKey, 'DELETE')).status).toBe(200);
  }
  const endings = await Promise.all(callers.map(({ closed }) => closed));
  expect(endings).toEqual(callers.map(() => ({ code: 1000, reason: 'stopped by operator' })));
  const agent = await ask('/v1/agents/a');
  expect(await agent.json()).toMatchObject({ activeSessionCount: 0 });
  const ended = (await (await ask('/v1/agents/a/sessions?status=STOPPED')).json()) as { total_count: number };
  expect(ended.total_count).toBe(6);
});

test('any worker says why another one refused somebody', async () => {
  expect((await knock(`ws://127.0.0.1:${scene.port}/ws/generic/b.local`)).status).toBe(403);
  for (const _ of ['one worker', 'the other']) {
    await expect
      .poll(async () => (await ask('/v1/refusals')).json())
      .toEqual({ refusals: [expect.objectContaining({ endpoint: 'generic', cause: 'token-missing' })] });
  }
});
