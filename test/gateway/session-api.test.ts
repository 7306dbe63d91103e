import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hashKey } from '../../gateway/keys.ts';
import { testBot, type TestBot } from '../helpers/bot.ts';
import { connect } from '../helpers/client.ts';
import { testGateway, type TestGateway } from '../helpers/gateway.ts';

const otherKey = `sk_${randomUUID()}`;
let bot: TestBot;
let gateway: TestGateway;

beforeAll(async () => {
  bot = await testBot();
  gateway = await testGateway({
    agents: {
      support: [
        `websocket_auth = "token"\nbots = ["${bot.url}"]`,
        'max_session_duration = 600\nidle_timeout = 30\nscaling = { max_agents = 7 }',
      ].join('\n'),
      listed: bot.url,
      last: [
        `websocket_auth = "none"\nbots = ["${bot.url}"]`,
        `[[organizations]]\nname = "other"\nprivate_keys = ["sha256:${hashKey(otherKey)}"]`,
        `[[organizations.agents]]\nagent_name = "theirs"\nwebsocket_auth = "token"\nbots = ["${bot.url}"]`,
        `[[organizations.agents]]\nagent_name = "support"\nwebsocket_auth = "token"\nbots = ["${bot.url}"]`,
      ].join('\n'),
    },
  });
});
afterAll(async () => {
  await gateway.close();
  await bot.close();
});

async function ask(path: string, key: string | null = gateway.privateKey, method = 'GET'): Promise<Response> {
  return fetch(gateway.http + path, {
    method,
    headers: key === null ? {} : { authorization: `Bearer ${key}` },
  });
}

async function read(path: string): Promise<Record<string, unknown>> {
  const answer = await ask(path);
  expect(answer.status).toBe(200);
  return (await answer.json()) as Record<string, unknown>;
}

const both = ['/v1/agents', '/v1/organizations/local/services'];

describe.each(both)('%s', (base) => {
  test('lists the agents of the key’s organization, with their limits and what they have', async () => {
    const { wsUrl, token } = await gateway.start('support');
    await gateway.start('support');
    const caller = await connect(`${wsUrl}/${token}`);
    const { services } = (await read(base)) as { services: { name: string }[] };
    expect(services.map(({ name }) => name)).toEqual(['support', 'listed', 'last']);
    const counts = await gateway.store.count('local', 'support');
    expect(services[0]).toEqual({
      id: 'support.local',
      name: 'support',
      organizationId: 'local',
      ready: true,
      activeSessionCount: counts.live,
      reservedSessionCount: counts.reserved,
      autoScaling: { maxReplicas: 7 },
      websocketAuth: 'token',
      maxSessionDurationSeconds: 600,
      idleTimeoutSeconds: 30,
      region: null,
      activeDeploymentId: null,
      createdAt: null,
      updatedAt: null,
    });
    expect(counts).toMatchObject({ live: 1 });
    expect(services[1]).toMatchObject({
      autoScaling: { maxReplicas: null },
      maxSessionDurationSeconds: null,
      idleTimeoutSeconds: null,
    });
    caller.socket.close(1000);
    await caller.closed;
  });

  test('shows a call, live and ended, and says nothing of who called', async () => {
    const { sessionId, wsUrl, token } = await gateway.start('support', {
      transport: 'twilio',
      call: { id: 'CA1', from: '+15557350001', to: '+15557350000', direction: 'inbound' },
      body: { secret: 'of the caller' },
    });
    expect((await ask(`${base}/support/sessions/${sessionId}`)).status).toBe(404);
    const caller = await connect(`${wsUrl.replace('/twilio/', '/generic/')}/${token}`);
    const live = await read(`${base}/support/sessions/${sessionId}`);
    expect(live).toEqual({
      sessionId,
      serviceId: 'support.local',
      organizationId: 'local',
      deploymentId: null,
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      updatedAt: expect.any(String),
      endedAt: null,
      botStartSeconds: null,
      coldStart: null,
      completionStatus: null,
      endState: 'active',
      endedBy: null,
      closeCode: null,
      closeReason: null,
      events: [],
    });
    caller.socket.close(4000, 'bye');
    await caller.closed;
    await expect
      .poll(() => read(`${base}/support/sessions/${sessionId}`))
      .toMatchObject({
        completionStatus: 'WS_CONNECTION_CLOSED',
        endState: 'completed',
        endedBy: 'caller',
        closeCode: 4000,
        closeReason: 'bye',
      });
    const text = await (await ask(`${base}/support/sessions`)).text();
    expect(text).toContain(sessionId);
    expect(text).not.toMatch(/5557350|CA1|of the caller/);
  });

  test.each([
    ['', 'GET'],
    ['/support', 'GET'],
    ['/nobody', 'GET'],
    ['/support/sessions', 'GET'],
    ['/support/sessions?limit=x', 'GET'],
    ['/support/sessions/x', 'GET'],
    ['/support/sessions/x', 'DELETE'],
    ['/support', 'DELETE'],
    ['/support/logs', 'GET'],
  ])('%s by %s needs a private key, and says the same 401 to every other one', async (path, method) => {
    const keys = [
      null,
      gateway.publicKey,
      'sk_wrong',
      '',
      ` ${gateway.privateKey}`,
      `${gateway.privateKey}A`,
    ];
    const answers = await Promise.all(keys.map((key) => ask(base + path, key, method)));
    expect(answers.map(({ status }) => status)).toEqual(keys.map(() => 401));
    const texts = new Set(await Promise.all(answers.map((answer) => answer.text())));
    expect([...texts].map((text) => JSON.parse(text) as object)).toEqual([
      { error: expect.stringContaining('Bearer sk_'), code: 'PCC-1002', reason: 'ERR_KEY_UNKNOWN' },
    ]);
  });

  test.each(['/nobody', '/nobody/sessions', '/theirs', '/theirs/sessions', '/support.local', '/__proto__'])(
    '%s is nobody’s agent here: 404',
    async (path) => {
      const answer = await ask(base + path);
      expect(answer.status).toBe(404);
      expect(await answer.json()).toMatchObject({ code: '404', reason: 'ERR_AGENT_UNKNOWN' });
    },
  );

  test.each(['POST', 'PUT', 'PATCH'])('%s does nothing to a session', async (method) => {
    const path = `${base}/support/sessions/${randomUUID()}`;
    expect((await ask(path, gateway.privateKey, method)).status).toBe(404);
  });
});

test('one agent comes alone, and as `body` where the Python client looks for it', async () => {
  const agent = await read('/v1/agents/listed');
  expect(agent).toMatchObject({ id: 'listed.local' });
  expect(await read('/v1/organizations/local/services/listed')).toEqual({ body: agent });
});

describe('another organization', () => {
  test('is 404 for agents and sessions that exist there and that do not, byte for byte', async () => {
    const { sessionId, wsUrl, token } = await gateway.start('support');
    const caller = await connect(`${wsUrl}/${token}`);
    const ours = `/v1/agents/support/sessions/${sessionId}`;
    expect((await ask(ours)).status).toBe(200);
    for (const method of ['GET', 'DELETE']) {
      const foreign = await ask(ours, otherKey, method);
      const unknown = await ask(`/v1/agents/support/sessions/${randomUUID()}`, otherKey, method);
      expect([foreign.status, unknown.status]).toEqual([404, 404]);
      expect(await foreign.text()).toBe(await unknown.text());
    }
    for (const organization of ['other', 'nobody']) {
      const texts = ['', '/support', '/theirs', `/support/sessions/${sessionId}`].map(async (path) => {
        const answer = await ask(`/v1/organizations/${organization}/services${path}`);
        expect(answer.status).toBe(404);
        return answer.text();
      });
      expect(new Set(await Promise.all(texts)).size).toBe(1);
    }
    expect(await (await ask('/v1/agents', otherKey)).json()).toMatchObject({
      services: [{ id: 'theirs.other' }, { id: 'support.other' }],
    });
    caller.socket.send('still here');
    await expect.poll(() => caller.texts()).toEqual(['still here']);
    caller.socket.close(1000);
    await caller.closed;
  });

  test('a session of our own under the name of another agent of ours is unknown', async () => {
    const { sessionId, wsUrl, token } = await gateway.start('support');
    const caller = await connect(`${wsUrl}/${token}`);
    for (const method of ['GET', 'DELETE']) {
      const answer = await ask(`/v1/agents/listed/sessions/${sessionId}`, gateway.privateKey, method);
      expect(answer.status).toBe(404);
      expect(await answer.json()).toMatchObject({ reason: 'ERR_SESSION_UNKNOWN' });
    }
    caller.socket.close(1000);
    await caller.closed;
  });
});
