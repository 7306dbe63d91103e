import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../helpers/bot.ts';
import { knock } from '../helpers/client.ts';
import { testGateway, type TestGateway } from '../helpers/gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  const nowhere = `ws://127.0.0.1:${await freePort()}/ws`;
  gateway = await testGateway({
    agents: { support: 'ws://127.0.0.1:1/ws', gone: `websocket_auth = "none"\nbots = ["${nowhere}"]` },
  });
});
afterAll(() => gateway.close());

async function ask(path: string, method = 'GET', key = gateway.privateKey): Promise<Response> {
  return fetch(gateway.http + path, { method, headers: { authorization: `Bearer ${key}` } });
}

/** Requests of pipecatcloud 1.4.0, and of the REST reference; and words of the answer. */
const requests: readonly [method: string, path: string, words: string][] = [
  ['POST', '/v1/organizations/local/services', 'agents are not deployed'],
  ['PUT', '/v1/organizations/local/services', 'agents are not deployed'],
  ['DELETE', '/v1/organizations/local/services/support', 'agents are not deployed'],
  ['GET', '/v1/organizations/local/services/support/deployments', 'agents are not deployed'],
  ['GET', '/v1/organizations/local/services/support/logs?limit=100', 'log of a bot'],
  ['PUT', '/v1/organizations/local/services/support/environments/production/git', 'nothing is built'],
  ['GET', '/v1/organizations/local/agent-profiles', 'no agent profiles'],
  ['POST', '/v1/organizations/local/apiKeys', 'HOOKSWITCH_PUBLIC_KEYS'],
  ['POST', '/v1/organizations/local/builds/upload-url', 'nothing is built'],
  ['GET', '/v1/organizations/local/daily', 'no Daily rooms'],
  ['GET', '/v1/organizations/local/github/repositories/a/b/branches', 'nothing is built'],
  ['GET', '/v1/organizations/local/properties/schema', 'no properties'],
  ['GET', '/v1/organizations/local/regions', 'no regions'],
  ['GET', '/v1/organizations/local/registry-keys', 'nothing is built'],
  ['PUT', '/v1/organizations/local/secrets/set', 'no secrets are kept'],
  ['DELETE', '/v1/organizations/local/secrets/set/name', 'no secrets are kept'],
  ['PUT', '/v1/organizations/local/spend-limit', 'max_agents'],
  ['GET', '/v1/users', '/v1/organizations'],
  ['POST', '/v1/agents', 'agents are not deployed'],
  ['POST', '/v1/agents/support', 'agents are not deployed'],
  ['DELETE', '/v1/agents/support', 'agents are not deployed'],
  ['GET', '/v1/agents/support/logs', 'log of a bot'],
  ['GET', '/v1/secrets', 'no secrets are kept'],
];

describe('what Pipecat Cloud has and a gateway does not', () => {
  test.each(requests)('%s %s says so', async (method, path, words) => {
    const answer = await ask(path, method);
    expect(answer.status).toBe(501);
    expect(await answer.json()).toEqual({
      error: expect.stringContaining(words),
      code: '501',
      reason: 'ERR_NOT_IMPLEMENTED',
    });
  });

  test.each(requests)('%s %s says nothing to who has no private key', async (method, path) => {
    expect((await ask(path, method, gateway.publicKey)).status).toBe(401);
  });

  test('is nothing at all in another organization, of an unknown agent, or under another name', async () => {
    expect((await ask('/v1/organizations/other/secrets')).status).toBe(404);
    expect((await ask('/v1/organizations/local/what')).status).toBe(404);
    expect((await ask('/v1/organizations/local/services/nobody/logs')).status).toBe(404);
  });
});

test('the organizations of a key are its own', async () => {
  const answer = await ask('/v1/organizations');
  expect(await answer.json()).toEqual({ organizations: [{ name: 'local', verboseName: 'local' }] });
});

test('an agent is ready until its bots are known to be out', async () => {
  const readiness = async (): Promise<unknown> => {
    const { ready } = (await (await ask('/v1/agents/gone')).json()) as { ready: unknown };
    return ready;
  };
  expect(await readiness()).toBe(true);
  expect((await knock(`${gateway.ws}/ws/generic/gone.local`)).status).toBe(503);
  expect(await readiness()).toBe(false);
});
