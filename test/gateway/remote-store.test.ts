import { expect, test } from 'vitest';
import { hostedStore, type HostedStore } from '../../gateway/sessions/hosted.ts';
import { memoryStore } from '../../gateway/sessions/memory.ts';
import { MAX_QUESTIONS } from '../../gateway/sessions/questions.ts';
import { remoteStore, type RemoteStore } from '../../gateway/sessions/remote.ts';
import type { StoreQuestion } from '../../gateway/sessions/store-messages.ts';
import type { Session, SessionStore } from '../../gateway/sessions/store.ts';

const limits = { maxPending: 4, maxPendingBytes: 1000, maxHistory: 10 };
const ticket = { key: 'k', expiresAt: 1000 };
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
  const hosted = hostedStore(memory, () => 0);
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
  ['a method that is none', { type: 'store', id: 1, request: { method: 'constructor' } }],
  ['a key that is no text', { type: 'store', id: 1, request: { method: 'take', key: 1 } }],
  ['half a session', { type: 'store', id: 1, request: { method: 'open', session: { id: '1' } } }],
  [
    'an ending nobody knows',
    { type: 'store', id: 1, request: { method: 'end', session: session('1'), ending: { status: 'X' } } },
  ],
  ['more than was asked for', { type: 'store', id: 1, request: { method: 'ping', extra: 1 } }],
])('%s is no question', async (_, message) => {
  expect(await pair().hosted.answer(message)).toBeNull();
});

test.each([
  ['nothing', undefined],
  ['a question', { type: 'store', id: 0, request: { method: 'ping' } }],
  ['no result', { type: 'store-answer', id: 0 }],
  ['a value of another kind', { type: 'store-answer', id: 0, result: { value: 1 } }],
  ['an error nobody knows', { type: 'store-answer', id: 0, result: { error: { code: 'E', message: '' } } }],
])('%s is no answer', (_, message) => {
  expect(pair().receive(message)).toBe(false);
});

test('a process that is gone frees its places, and its calls are known as lost', async () => {
  const store = pair();
  const other = hostedStore(store.memory, () => 0);
  await store.sessions.issue(session('1', { body: 'x'.repeat(1000) }), ticket, 3);
  await store.sessions.take('k');
  await store.sessions.open(session('2'), 3);
  await other.answer({
    type: 'store',
    id: 0,
    request: { method: 'open', session: session('3'), maxSessions: 3 },
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
