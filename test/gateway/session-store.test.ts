import { expect, test } from 'vitest';
import { hostedStore } from '../../gateway/sessions/hosted.ts';
import { memoryStore } from '../../gateway/sessions/memory.ts';
import { remoteStore } from '../../gateway/sessions/remote.ts';
import { describeSessionStore, type StoreUnderTest } from '../contract/session-store.ts';

const limits = { maxPending: 4, maxPendingBytes: 1000, maxHistory: 2 };

function memory(): StoreUnderTest {
  let time = 1_000_000;
  return {
    store: memoryStore(limits, () => time),
    now: () => time,
    wait: (ms) => {
      time += ms;
    },
  };
}

describeSessionStore('memory', memory);

describeSessionStore('in another process', () => {
  const { store, now, wait } = memory();
  const hosted = hostedStore(store, now);
  const remote = remoteStore({
    now,
    // What an IPC channel does to messages.
    send: (question) =>
      void hosted
        .answer(structuredClone(question))
        .then((answer) => setImmediate(() => remote.receive(structuredClone(answer)))),
  });
  return { store: remote.sessions, now, wait };
});

test('the memory store remembers the last endings only', async () => {
  const store = memoryStore(limits, () => 0);
  for (const id of ['1', '2', '3']) {
    const call = { id, from: '', to: '', direction: 'inbound' } as const;
    const session = { id, agent: 'a', organization: 'o', provider: 'plivo', call, body: null, createdAt: 0 };
    await store.open(session, null);
    await store.end(session, { status: 'BOT_LOST', endedBy: 'bot', code: 1006, reason: '', at: 0 });
  }
  const known = await Promise.all(['1', '2', '3'].map((id) => store.endingOf('plivo', id)));
  expect(known.map((ending) => ending !== null)).toEqual([false, true, true]);
});
