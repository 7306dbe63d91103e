import { expect, test } from 'vitest';
import { hostedStore, type HostedStore } from '../../gateway/sessions/hosted.ts';
import { memoryStore } from '../../gateway/sessions/memory.ts';
import { MAX_QUESTIONS } from '../../gateway/sessions/questions.ts';
import { remoteStore, type RemoteStore } from '../../gateway/sessions/remote.ts';
import type { StoreQuestion } from '../../gateway/sessions/store-messages.ts';
import type { Session, SessionStore, Ticket } from '../../gateway/sessions/store.ts';
import { TOKEN_TTL } from '../../shared/start.ts';

const limits = { maxPending: 4, maxPendingBytes: 1000, maxHistory: 10 };
const ticket = { key: 'k', expiresAt: 1000 };
const query = { organization: 'o', agent: 'a', limit: 1, offset: 0, status: null, from: null, until: null };
const unavailable: unknown = expect.objectContaining({ code: 'ERR_STORE_UNAVAILABLE' });

function session(id: string, change: Partial<Session> = {}): Session {
  const call = { id: `CA${id}`, from: '', to: '', direction: 'inbound' } as const;
  return { id, agent: 'a', organization: 'o', provider: 'plivo', call, body: null, createdAt: 0, ...change };
}

interface Pair extends RemoteStore {
  readonly memory: SessionStore;
  readonly hosted: HostedStore;
  /** Questions that wait while `hold` is on. */
  readonly held: StoreQuestion[];
  hold: boolean;
  /** Lets the held ones through. */
  deliver(): Promise<void>;
}

function pair(timeout = 1000, memory: SessionStore = memoryStore(limits, () => 0)): Pair {
  const hosted = hostedStore({
    store: memory,
    now: () => 0,
    send: (message) => void remote.receive(structuredClone(message)),
  });
  memory.onStop((id) => hosted.stop(id));
  const held: StoreQuestion[] = [];
  const pass = async (question: StoreQuestion): Promise<void> => {
    remote.receive(structuredClone(await hosted.answer(structuredClone(question))));
  };
  const remote = remoteStore({
    timeout,
    now: () => 0,
    send: (question) => void (it.hold ? held.push(question) : pass(question)),
  });
  const it: Pair = {
    ...remote,
    memory,
    hosted,
    held,
    hold: false,
    async deliver() {
      it.hold = false;
      for (const question of held.splice(0)) await pass(question);
    },
  };
  return it;
}

test('no answer in time is ERR_STORE_UNAVAILABLE', async () => {
  const store = pair(20);
  store.hold = true;
  await expect(store.sessions.ping()).rejects.toEqual(unavailable);
});

test.each([
  ['what was asked before', false],
  ['what is asked after', true],
])('when the other process is gone, %s is ERR_STORE_UNAVAILABLE at once', async (_, isAfter) => {
  const store = pair(60_000);
  store.hold = true;
  if (isAfter) store.lost();
  const asked = store.sessions.take('k');
  store.lost();
  await expect(asked).rejects.toEqual(unavailable);
});

test('more questions than are kept are refused at once', async () => {
  const store = pair(60_000);
  store.hold = true;
  const asked = Array.from({ length: MAX_QUESTIONS }, () => store.sessions.ping());
  await expect(store.sessions.ping()).rejects.toEqual(unavailable);
  store.lost();
  expect(await Promise.allSettled(asked)).toHaveLength(MAX_QUESTIONS);
});

test.each<[string, (store: SessionStore) => Promise<unknown>, boolean]>([
  ['an issued ticket', (store) => store.issue(session('2'), { ...ticket, key: 'l' }, 2), true],
  ['a taken ticket, which is good again', (store) => store.take('k'), true],
  ['an opened session', (store) => store.open(session('2'), 2), true],
])('what is done after the asker gave up is undone: %s', async (_, late) => {
  const store = pair(20);
  await store.sessions.issue(session('1'), ticket, null);
  store.hold = true;
  await expect(late(store.sessions)).rejects.toEqual(unavailable);
  await store.deliver();
  // One place of two is free again, and the ticket from before opens one session.
  await expect.poll(() => store.memory.open(session('3'), 2).catch(() => 'full')).not.toBe('full');
  expect(await store.sessions.take('k')).toMatchObject({ id: '1' });
});

test('a bug in the store is ERR_STORE_UNAVAILABLE, and nothing of it crosses', async () => {
  const broken = { ...memoryStore(limits, () => 0), ping: () => Promise.reject(new Error('secret')) };
  const asked = pair(1000, broken).sessions.ping();
  await expect(asked).rejects.toEqual(unavailable);
  await expect(asked).rejects.not.toThrow(/secret/);
});

test.each([
  ['nothing', null],
  ['text', 'store'],
  ['another kind', { type: 'drain' }],
])('%s is no question', async (_, message) => {
  expect(await pair().hosted.answer(message)).toBeNull();
});

test.each<[string, object]>([
  ['a method that is none', { method: 'constructor', args: [] }],
  ['a method that is not for others', { method: 'close', args: [] }],
  ['a key that is no text', { method: 'take', args: [1] }],
  ['no key', { method: 'take', args: [] }],
  ['half a session', { method: 'open', args: [{ id: '1' }, null] }],
  ['an ending nobody knows', { method: 'end', args: [session('1'), { status: 'X' }] }],
  ['a bot that is no text', { method: 'seat', args: [session('1'), [null], 1] }],
  ['a page before the first', { method: 'list', args: [{ ...query, offset: -1 }] }],
  ['more than is asked for', { method: 'ping', args: ['more'] }],
  ['more beside it', { method: 'ping', args: [], extra: 1 }],
])('%s is nothing to ask of a store', async (_, request) => {
  expect(await pair().hosted.answer({ type: 'store', id: 1, request })).toBeNull();
});

test.each([
  ['nothing', undefined],
  ['a question', { type: 'store', id: 0, request: { method: 'ping', args: [] } }],
  ['no result', { type: 'store-answer', id: 0 }],
  ['a stop of nobody', { type: 'store-stop' }],
  ['an error nobody knows', { type: 'store-answer', id: 0, result: { error: { code: 'E', message: '' } } }],
])('%s is no answer', (_, message) => {
  expect(pair().receive(message)).toBe(false);
});

test.each<[string, unknown, (store: SessionStore) => Promise<unknown>]>([
  ['a session', { status: 'BOT_LOST' }, (store) => store.read('1')],
  ['a bot', 1, (store) => store.seat(session('1'), ['ws://bot/'], 1)],
  ['a yes or no', null, (store) => store.stop('1')],
  ['a page', { total: 1, records: [{}] }, (store) => store.list(query)],
])('an answer that is not %s is ERR_STORE_UNAVAILABLE', async (_, value, ask) => {
  const store = pair();
  store.hold = true;
  const asked = ask(store.sessions);
  expect(store.receive({ type: 'store-answer', id: 0, result: { value } })).toBe(true);
  await expect(asked).rejects.toEqual(unavailable);
});

test('a seat that was given after the asker gave up is free again', async () => {
  const store = pair(20);
  await store.sessions.open(session('1'), null);
  store.hold = true;
  await expect(store.sessions.seat(session('1'), ['ws://bot/'], 1)).rejects.toEqual(unavailable);
  await store.deliver();
  await store.sessions.open(session('2'), null);
  await expect.poll(() => store.memory.seat(session('2'), ['ws://bot/'], 1)).toBe('ws://bot/');
});

test('a late take is given back for the rest of its time, and no longer', async () => {
  const given: Ticket[] = [];
  const memory = memoryStore(limits, () => 0);
  const giveBack: SessionStore['giveBack'] = async (_, back) => void given.push(back);
  const store = pair(20, { ...memory, giveBack });
  await store.sessions.issue(session('1', { createdAt: 7 }), ticket, null);
  store.hold = true;
  await expect(store.sessions.take('k')).rejects.toEqual(unavailable);
  await store.deliver();
  await expect.poll(() => given).toEqual([{ key: 'k', expiresAt: 7 + TOKEN_TTL }]);
});

test('a stop reaches the process that relays the session, and no other', async () => {
  const store = pair();
  const told: [string, string][] = [];
  const other = hostedStore({
    store: store.memory,
    now: () => 0,
    send: ({ type, id }) => told.push([type, id]),
  });
  store.memory.onStop((id) => [store.hosted, other].forEach((hosted) => hosted.stop(id)));
  store.sessions.onStop((id) => told.push(['here', id]));
  await store.sessions.open(session('1'), null);
  const request = { method: 'open', args: [session('2'), null] };
  await other.answer({ type: 'store', id: 0, request });
  expect(await store.sessions.stop('2')).toBe(true);
  expect(await store.sessions.stop('1')).toBe(true);
  expect(told).toEqual([
    ['store-stop', '2'],
    ['here', '1'],
  ]);
});

test('what crosses has no token and no body that is known over there', async () => {
  const sent: string[] = [];
  const remote = remoteStore({ now: () => 0, send: (question) => sent.push(JSON.stringify(question)) });
  const whole = session('1', { body: 'the body' });
  const issued = { ...ticket, token: 'the token' };
  const asked = [
    remote.sessions.giveBack(whole, issued),
    remote.sessions.end(whole, { status: 'BOT_LOST', endedBy: 'bot', code: 1006, reason: '', at: 0 }),
    remote.sessions.seat(whole, [], null),
    remote.sessions.unseat(whole),
    remote.sessions.issue(session('2'), issued, null),
  ];
  remote.lost();
  await Promise.allSettled(asked);
  expect(sent).toHaveLength(5);
  expect(sent.join()).not.toMatch(/the (token|body)/);
});

test('a process that is gone frees its places, and its calls are known as lost', async () => {
  const store = pair();
  const other = hostedStore({ store: store.memory, now: () => 0, send: () => {} });
  await store.sessions.issue(session('1', { body: 'x'.repeat(1000) }), ticket, 3);
  await store.sessions.take('k');
  await store.sessions.open(session('2'), 3);
  await other.answer({
    type: 'store',
    id: 0,
    request: { method: 'open', args: [session('3'), 3] },
  });
  await store.sessions.open(session('4'), null);
  await store.sessions.end(session('4'), {
    status: 'BOT_LOST',
    endedBy: 'bot',
    code: 1006,
    reason: '',
    at: 0,
  });

  expect(await store.hosted.release()).toBe(2);
  const lost = { status: 'GATEWAY_LOST', endedBy: 'gateway' };
  const endings = await Promise.all(
    ['CA1', 'CA2', 'CA3', 'CA4'].map((id) => store.memory.endingOf('plivo', id)),
  );
  expect(endings).toMatchObject([lost, lost, null, { status: 'BOT_LOST' }]);
  expect(await store.memory.read('3')).toMatchObject({ id: '3' });
  await store.memory.issue(session('5', { body: 'x'.repeat(1000) }), { ...ticket, key: 'l' }, 2);
});

test('what is done for a process that is gone by then is undone', async () => {
  const store = pair();
  await store.hosted.release();
  await store.sessions.open(session('1'), 1);
  expect(await store.memory.endingOf('plivo', 'CA1')).toMatchObject({ status: 'GATEWAY_LOST' });
  await store.sessions.open(session('2'), 1);
});
