import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stopSession } from '../../gateway/control/stop.ts';
import type { SessionStore } from '../../gateway/sessions/store.ts';
import { testBot, type TestBot } from '../helpers/bot.ts';
import { carrierNames, carrierOf, echoingCarriers, openingOf, ring } from '../helpers/carriers.ts';
import { connect, knock } from '../helpers/client.ts';
import { testGateway, type TestGateway } from '../helpers/gateway.ts';

const STOPPED = {
  completionStatus: 'STOPPED',
  endedBy: 'operator',
  closeCode: 1000,
  closeReason: 'stopped by operator',
};

/** A store that several gateways share, as replicas share Redis: each tells its own listener. */
function shared(): (memory: SessionStore) => SessionStore {
  const listeners: ((id: string) => void)[] = [];
  let store: SessionStore | null = null;
  return (memory) => {
    store ??= memory;
    store.onStop((id) => listeners.forEach((listener) => listener(id)));
    return { ...store, onStop: (listener) => void listeners.push(listener), close: async () => {} };
  };
}

/** Takes connections and never says a word. */
async function silentBot(): Promise<{ url: string; server: Server; dialled: () => Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket.on('error', () => {}))).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws`,
    server,
    dialled: async () => void (await once(server, 'connection')),
  };
}

let bot: TestBot;
let silent: Awaited<ReturnType<typeof silentBot>>;
let gateway: TestGateway;
let replica: TestGateway;

beforeAll(async () => {
  bot = await testBot();
  silent = await silentBot();
  const store = shared();
  const open = `websocket_auth = "none"\nbots = ["${bot.url}"]`;
  const busy = `websocket_auth = "token"\nbots = ["${bot.url}"]\npool = { max_sessions = 1, wait = 30 }`;
  const agents = { support: bot.url, hanging: silent.url, open, busy };
  gateway = await testGateway({ agents, store });
  replica = await testGateway({ agents, store });
});
afterAll(async () => {
  await Promise.all([gateway.close(), replica.close()]);
  await bot.close();
  silent.server.close();
});

async function ask(id: string, method: string, at = gateway, agent = 'support'): Promise<Response> {
  return fetch(`${at.http}/v1/agents/${agent}/sessions/${id}`, {
    method,
    headers: { authorization: `Bearer ${at.privateKey}` },
  });
}

async function expectStopped(id: string, at = gateway, agent = 'support'): Promise<void> {
  const answer = await ask(id, 'DELETE', at, agent);
  expect([answer.status, await answer.json()]).toEqual([200, { status: 'terminated', session_id: id }]);
  expect(await (await ask(id, 'GET', gateway, agent)).json()).toMatchObject(STOPPED);
}

test.each([
  ['on the gateway that relays it', () => gateway],
  ['on another gateway', () => replica],
])('DELETE %s ends a live call with 1000 on both sides, and says so twice', async (_, at) => {
  const { sessionId, wsUrl, token } = await gateway.start('support');
  const opened = bot.next();
  const caller = await connect(`${wsUrl}/${token}`);
  const socket = await opened;
  const botClosed = once(socket, 'close');
  await expectStopped(sessionId, at());
  expect(await caller.closed).toEqual({ code: 1000, reason: 'stopped by operator' });
  expect((await botClosed).map(String)).toEqual(['1000', 'stopped by operator']);
  await expectStopped(sessionId, at());
  expect(await knock(`${wsUrl}/${token}`)).toMatchObject({ status: 403 });
  expect(
    gateway.log.filter(({ session, status }) => session === sessionId && status === 'STOPPED'),
  ).not.toEqual([]);
});

test('ten DELETEs at once, here and there, all find it stopped', async () => {
  const { sessionId, wsUrl, token } = await gateway.start('support');
  const caller = await connect(`${wsUrl}/${token}`);
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, index) => ask(sessionId, 'DELETE', index % 2 ? gateway : replica)),
  );
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  expect(await caller.closed).toMatchObject({ code: 1000 });
});

test('a session that ended by itself stays what it was', async () => {
  const { sessionId, wsUrl, token } = await gateway.start('support');
  const caller = await connect(`${wsUrl}/${token}`);
  caller.socket.close(4001);
  await caller.closed;
  await expect.poll(async () => (await ask(sessionId, 'GET')).json()).toMatchObject({ closeCode: 4001 });
  expect((await ask(sessionId, 'DELETE')).status).toBe(200);
  expect(await (await ask(sessionId, 'GET')).json()).toMatchObject({ endedBy: 'caller', closeCode: 4001 });
});

test('calls that run beside it hear nothing', async () => {
  const [first, second] = await Promise.all([gateway.start('support'), gateway.start('support')]);
  const other = await connect(`${second.wsUrl}/${second.token}`);
  const caller = await connect(`${first.wsUrl}/${first.token}`);
  await expectStopped(first.sessionId, replica);
  await caller.closed;
  other.socket.send('still here');
  await expect.poll(() => other.texts()).toEqual(['still here']);
  other.socket.close(4002, 'by myself');
  await other.closed;
  await expect
    .poll(async () => (await ask(second.sessionId, 'GET')).json())
    .toMatchObject({ closeCode: 4002 });
});

test.each([
  ['a session that waits for its socket', async () => (await gateway.start('support')).sessionId],
  ['a session that nobody knows', async () => '9f1d1c52-3d0e-4c6b-8f0a-3a5f6d7c8b9e'],
  ['a word', async () => 'all'],
  ['another spelling', async () => '9F1D1C52-3D0E-4C6B-8F0A-3A5F6D7C8B9E'],
])('%s is 404', async (_, id) => {
  const answer = await ask(await id(), 'DELETE');
  expect([answer.status, await answer.json()]).toEqual([
    404,
    { error: expect.any(String), code: '404', reason: 'ERR_SESSION_UNKNOWN' },
  ]);
});

test('a call that waits for a free bot is refused, and the one that has it goes on', async () => {
  const [first, second] = [await gateway.start('busy'), await gateway.start('busy')];
  const caller = await connect(`${first.wsUrl}/${first.token}`);
  const knocked = knock(`${second.wsUrl}/${second.token}`);
  await expect.poll(() => gateway.store.count('local', 'busy')).toMatchObject({ live: 2 });
  await expectStopped(second.sessionId, replica, 'busy');
  expect(await knocked).toMatchObject({ status: 403 });
  caller.socket.send('still here');
  await expect.poll(() => caller.texts()).toEqual(['still here']);
  await expectStopped(first.sessionId, replica, 'busy');
});

test('a call whose bot is being dialled is refused, and its token is spent', async () => {
  const { sessionId, wsUrl, token } = await gateway.start('hanging');
  const dialled = silent.dialled();
  const knocked = knock(`${wsUrl}/${token}`);
  await dialled;
  await expectStopped(sessionId, replica, 'hanging');
  const { status, body } = await knocked;
  expect([status, JSON.parse(body)]).toMatchObject([403, { reason: 'ERR_SESSION_STOPPED' }]);
  expect(await knock(`${wsUrl}/${token}`)).toMatchObject({ status: 403 });
  expect(await gateway.store.count('local', 'hanging')).toEqual({ live: 0, reserved: 0 });
});

describe.each(carrierNames)('a call over %s', (name) => {
  test.runIf(echoingCarriers.includes(name))(
    'whose stream names its agent is found like any other',
    async () => {
      const carrier = carrierOf(name, gateway.carriers);
      const call = carrier.newCall('+15557350001', '+15557350000');
      const stream = carrier.newStream(call, { _pipecatCloudServiceHost: 'open.local' });
      const client = await connect(`${gateway.ws}/ws/${name}`);
      for (const line of openingOf(name, stream)) client.socket.send(line);
      await expect.poll(() => client.texts()).not.toEqual([]);
      await expectStopped(await liveOf('open'), replica, 'open');
      expect(await client.closed).toEqual({ code: 1000, reason: 'stopped by operator' });
    },
  );

  async function rung(
    agent: string,
  ): Promise<{ streamUrl: string; opening: string[]; hangsUp: () => Promise<void> }> {
    const carrier = carrierOf(name, gateway.carriers);
    const call = carrier.newCall('+15557350001', '+15557350000');
    const { streamUrl, verbs } = await ring(carrier, call, `${gateway.http}/webhooks/${name}/${agent}`);
    const next = verbs.find(({ type }) => type === 'redirect');
    return {
      streamUrl,
      opening: openingOf(name, carrier.newStream(call, {})),
      async hangsUp() {
        const after = await ring(carrier, call, next?.type === 'redirect' ? next.url : '');
        expect(after.verbs[0]?.type).toBe('hangUp');
      },
    };
  }

  /** The only live session of an agent. */
  async function liveOf(agent: string): Promise<string> {
    const list = async (): Promise<string[]> => {
      const query = {
        organization: 'local',
        agent,
        limit: 2,
        offset: 0,
        status: 'live',
        from: null,
        until: null,
      } as const;
      return (await gateway.store.list(query)).records.map(({ id }) => id);
    };
    await expect.poll(list).toHaveLength(1);
    return String((await list())[0]);
  }

  test.each([
    ['before it has said who calls', 0, false],
    ['in the middle of its handshake', 1, false],
    ['while its bot is dialled', Infinity, true],
  ])('is closed with 1000 %s, and hung up', async (_, said, isDialled) => {
    const { streamUrl, opening, hangsUp } = await rung('hanging');
    const dialled = silent.dialled();
    const client = await connect(streamUrl);
    const words = Math.min(said, isDialled ? Infinity : opening.length - 1);
    for (const line of opening.slice(0, words)) client.socket.send(line);
    if (isDialled) await dialled;
    else dialled.catch(() => {});
    await expectStopped(await liveOf('hanging'), replica, 'hanging');
    expect(await client.closed).toEqual({ code: 1000, reason: 'stopped by operator' });
    await hangsUp();
    expect(await gateway.store.count('local', 'hanging')).toEqual({ live: 0, reserved: 0 });
  });
});

describe('stopSession', () => {
  const live = { ending: null } as NonNullable<Awaited<ReturnType<SessionStore['find']>>>;

  test('asks again each second, because a replica that takes a session over hears nothing', async () => {
    let asked = 0;
    const store = {
      find: async () => (asked < 2 ? live : null),
      stop: async () => (asked += 1) > 0,
    } as unknown as SessionStore;
    const since = performance.now();
    expect(await stopSession(store, 'x')).toBe(null);
    expect(asked).toBe(2);
    expect(performance.now() - since).toBeGreaterThan(900);
  });

  test('gives up after 5 s, when nobody ends it', async () => {
    const { sessionId, wsUrl, token } = await replica.start('support');
    const caller = await connect(`${wsUrl}/${token}`);
    const deaf = await testGateway({
      agents: { support: bot.url },
      store: () => ({ ...replica.store, stop: async () => true, onStop: () => {}, close: async () => {} }),
    });
    const since = performance.now();
    const answer = await ask(sessionId, 'DELETE', deaf);
    expect(performance.now() - since).toBeGreaterThan(4900);
    expect(performance.now() - since).toBeLessThan(8000);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await answer.json()).toMatchObject({ code: '503', reason: 'ERR_STOP_UNCONFIRMED' });
    caller.socket.close(1000);
    await caller.closed;
    await deaf.close();
  });
});
