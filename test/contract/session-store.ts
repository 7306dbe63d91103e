import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Ending, Session, SessionStore } from '../../gateway/sessions/store.ts';

/** A store with room for four waiting sessions and 1,000 bytes of bodies, and a clock of its own. */
export interface StoreUnderTest {
  readonly store: SessionStore;
  /** Lets milliseconds pass. */
  readonly wait: (ms: number) => void;
  readonly now: () => number;
}

const ending: Ending = {
  status: 'WS_CONNECTION_CLOSED',
  endedBy: 'bot',
  code: 1000,
  reason: 'goodbye',
  at: 1,
};

function session(change: Partial<Session> = {}): Session {
  return {
    id: randomUUID(),
    agent: 'a',
    organization: 'o',
    provider: 'twilio',
    call: null,
    body: null,
    createdAt: 0,
    ...change,
  };
}

/** What every session store must do, whatever it keeps its sessions in. */
export function describeSessionStore(name: string, make: () => StoreUnderTest): void {
  describe(`session store ${name}`, () => {
    const code = (expected: string): unknown => expect.objectContaining({ code: expected });

    test('gives what was issued once, to the first who asks', async () => {
      const { store, now } = make();
      const issued = session({ body: '{"a":1}' });
      await store.issue(issued, { key: 'k', expiresAt: now() + 1000 }, null);
      const takers = await Promise.all(Array.from({ length: 100 }, () => store.take('k')));
      expect(takers.filter((taken) => taken !== null)).toEqual([issued]);
    });

    test('gives nothing that was not issued', async () => {
      expect(await make().store.take('k')).toBeNull();
    });

    test.each([
      [999, true],
      [1000, false],
      [1001, false],
    ])('after %i of 1000 ms a ticket is good: %s', async (ms, isGood) => {
      const { store, wait, now } = make();
      await store.issue(session(), { key: 'k', expiresAt: now() + 1000 }, null);
      wait(ms);
      expect((await store.take('k')) !== null).toBe(isGood);
    });

    test('takes back a session for the rest of its time, and gives it once more', async () => {
      const { store, wait, now } = make();
      const issued = session();
      const ticket = { key: 'k', expiresAt: now() + 1000 };
      await store.issue(issued, ticket, null);
      await store.take('k');
      await store.giveBack(issued, ticket);
      expect(await store.read(issued.id)).toBeNull();
      wait(999);
      expect(await store.take('k')).toEqual(issued);
      await store.giveBack(issued, ticket);
      wait(1);
      expect(await store.take('k')).toBeNull();
    });

    test('knows a live session, and forgets it when it ends', async () => {
      const { store, now } = make();
      const issued = session({ body: '[]' });
      await store.issue(issued, { key: 'k', expiresAt: now() + 1000 }, null);
      expect(await store.read(issued.id)).toBeNull();
      await store.take('k');
      expect(await store.read(issued.id)).toEqual(issued);
      await store.end(issued, ending);
      expect(await store.read(issued.id)).toBeNull();
      await store.end(issued, ending);
    });

    test('remembers how a phone call ended', async () => {
      const { store } = make();
      const call = { id: 'CA1', from: '', to: '', direction: 'inbound' } as const;
      const live = session({ call });
      await store.open(live, null);
      expect(await store.endingOf('twilio', 'CA1')).toBeNull();
      await store.end(live, ending);
      expect(await store.endingOf('twilio', 'CA1')).toEqual(ending);
      expect(await store.endingOf('plivo', 'CA1')).toBeNull();
    });

    test('counts live and reserved sessions of an agent, and of no other', async () => {
      const { store, now } = make();
      await store.issue(session(), { key: 'k', expiresAt: now() + 1000 }, 2);
      await store.open(session(), 2);
      await expect(store.open(session(), 2)).rejects.toEqual(code('ERR_AT_CAPACITY'));
      const refused = store.issue(session(), { key: 'l', expiresAt: now() + 1000 }, 2);
      await expect(refused).rejects.toEqual(code('ERR_AT_CAPACITY'));
      await store.open(session({ agent: 'b' }), 2);
      await store.open(session({ organization: 'p' }), 2);
    });

    test('has room again after an end', async () => {
      const { store } = make();
      const only = session();
      await store.open(only, 1);
      await store.end(only, ending);
      await expect(store.open(session(), 1)).resolves.toBeUndefined();
    });

    test.each([
      ['expiry', false],
      ['being given back and expiry', true],
    ])('has room again after %s', async (_, isGivenBack) => {
      const { store, wait, now } = make();
      const only = session();
      const ticket = { key: 'k', expiresAt: now() + 1000 };
      await store.issue(only, ticket, 1);
      if (isGivenBack) await store.take('k');
      await store.giveBack(only, ticket);
      wait(999);
      await expect(store.open(session(), 1)).rejects.toEqual(code('ERR_AT_CAPACITY'));
      wait(1);
      await store.open(session(), 1);
    });

    test('a session that is live when its ticket expires keeps its place', async () => {
      const { store, wait, now } = make();
      await store.issue(session(), { key: 'k', expiresAt: now() + 1000 }, 1);
      await store.take('k');
      wait(5000);
      await expect(store.open(session(), 1)).rejects.toEqual(code('ERR_AT_CAPACITY'));
    });

    test('refuses more than it can hold, and pushes nothing out', async () => {
      const { store, wait, now } = make();
      const tickets = ['k1', 'k2', 'k3', 'k4'].map((key) => ({ key, expiresAt: now() + 1000 }));
      for (const ticket of tickets) await store.issue(session(), ticket, null);
      const fifth = (): Promise<void> => store.issue(session(), { key: 'k5', expiresAt: now() + 1000 }, null);
      await expect(fifth()).rejects.toEqual(code('ERR_STORE_FULL'));
      for (const { key } of tickets) expect(await store.take(key)).not.toBeNull();
      await fifth();
      wait(1000);
      await fifth();
    });

    test('refuses bodies beyond its bytes, and has room when the session that held them ends', async () => {
      const { store, now } = make();
      const big = session({ body: 'x'.repeat(1000) });
      await store.issue(big, { key: 'k', expiresAt: now() + 1000 }, null);
      const more = (): Promise<void> =>
        store.issue(session({ body: 'é' }), { key: 'l', expiresAt: now() + 1000 }, null);
      await expect(more()).rejects.toEqual(code('ERR_STORE_FULL'));
      await store.take('k');
      await expect(more()).rejects.toEqual(code('ERR_STORE_FULL'));
      await store.end(big, ending);
      await more();
    });
  });
}
