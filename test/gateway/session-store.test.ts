import { expect, test } from 'vitest';
import { memoryStore } from '../../gateway/sessions/memory.ts';
import { call, ending, session } from '../contract/session-samples.ts';
import { describeSessionStore, type StoreUnderTest } from '../contract/session-store.ts';
import { describeSessionModel, type StoreProcess } from '../contract/session-store-model.ts';
import { linkedStore, type LinkedStore } from '../helpers/linked-store.ts';

const limits = { maxPending: 4, maxPendingBytes: 1000, maxHistory: 10 };

function clock(): Pick<StoreUnderTest, 'now' | 'wait'> {
  let time = 1_000_000;
  return {
    now: () => time,
    wait: (ms) => {
      time += ms;
    },
  };
}

function memory(): StoreUnderTest {
  const { now, wait } = clock();
  return { store: memoryStore(limits, now), countsBytes: true, now, wait };
}

describeSessionStore('memory', memory);

describeSessionStore('in another process', () => {
  const made = memory();
  const { sessions, hosted } = linkedStore(made.store, made.now);
  made.store.onStop((id) => hosted.stop(id));
  return { ...made, store: sessions };
});

describeSessionModel('workers around memory', { runs: 100, steps: 80, timeout: 60_000 }, () => {
  const { now, wait } = clock();
  const shared = memoryStore({ ...limits, maxHistory: 1000 }, now);
  const links: LinkedStore[] = [];
  shared.onStop((id) => links.forEach(({ hosted }) => hosted.stop(id)));

  function worker(index: number): StoreProcess {
    let link = (links[index] = linkedStore(shared, now));
    return {
      get store() {
        return link.sessions;
      },
      async crash() {
        await link.hosted.release();
        link = links[index] = linkedStore(shared, now);
      },
    };
  }
  return { processes: [worker(0), worker(1)], now, wait };
});

test('the memory store remembers so many sessions that ended, and forgets the oldest ending first', async () => {
  const store = memoryStore({ ...limits, maxHistory: 2 }, () => 0);
  const ended = ['CA1', 'CA2', 'CA3'].map((id) => session({ call: { ...call, id } }));
  for (const live of ended) await store.open(live, null);
  for (const live of ended) await store.end(live, ending);
  const endings = await Promise.all(['CA1', 'CA2', 'CA3'].map((id) => store.endingOf('twilio', id)));
  expect(endings).toMatchObject([null, ending, ending]);
  const records = await Promise.all(ended.map(({ id }) => store.find(id)));
  expect(records).toMatchObject([null, { ending }, { ending }]);
});

test('the memory store forgets a session without forgetting how the same phone call ended later', async () => {
  const store = memoryStore({ ...limits, maxHistory: 2 }, () => 0);
  const sessions = [session({ call }), session({ call }), session()];
  for (const live of sessions) await store.open(live, null);
  for (const live of sessions) await store.end(live, ending);
  expect(await store.find(sessions[0]?.id ?? '')).toBeNull();
  expect(await store.endingOf('twilio', 'CA1')).toEqual({ ...ending, sessionId: sessions[1]?.id });
});
