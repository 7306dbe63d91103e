import { afterAll, beforeAll, expect, test } from 'vitest';
import { testBot, type TestBot } from '../helpers/bot.ts';
import { agentTable, workersScene, type Scene } from './workers-scene.ts';

let bot: TestBot;
let gateway: Scene;

beforeAll(async () => {
  bot = await testBot();
  gateway = await workersScene({ toml: agentTable('a', bot.url) });
}, 30_000);
afterAll(async () => {
  await gateway.close();
  await bot.close();
});

/** Over a connection of its own, so that the workers answer in turn. */
async function ask(path: string, method = 'GET'): Promise<unknown> {
  const answer = await fetch(`${gateway.http}/v1/agents/a${path}`, {
    method,
    headers: { authorization: `Bearer ${gateway.privateKey}`, connection: 'close' },
  });
  expect(answer.status).toBe(200);
  return answer.json();
}

test('calls of both workers are listed and stopped through either, each in the worker that relays it', async () => {
  const calls = await gateway.calls('a', 6);
  expect(new Set(calls.map(({ worker }) => worker))).toEqual(new Set([1, 2]));
  const ids = gateway.lines('call connected').map(({ session }) => String(session));

  const sessions: unknown = expect.objectContaining({ length: 6 });
  const lists = await Promise.all([1, 2, 3, 4].map(() => ask('/sessions?status=active')));
  for (const list of lists) expect(list).toMatchObject({ total_count: 6, sessions });

  for (const id of ids) await ask(`/sessions/${id}`, 'DELETE');
  await expect.poll(() => gateway.lines('call ended').length).toBe(6);
  const where = (message: string): object =>
    Object.fromEntries(gateway.lines(message).map(({ session, worker }) => [session, worker]));
  expect(where('call ended')).toEqual(where('call connected'));
  expect(new Set(Object.values(where('session stopped')))).toEqual(new Set([1, 2]));
  expect(new Set(gateway.lines('call ended').map(({ status }) => status))).toEqual(new Set(['STOPPED']));
  expect(await ask('/sessions')).toMatchObject({ total_count: 6, sessions });
});
