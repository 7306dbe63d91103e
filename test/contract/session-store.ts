import { describe, expect, onTestFinished, test } from 'vitest';
import { call, ending, session, TTL, type StoreUnderTest } from './session-samples.ts';
import { describeCallRecord } from './call-record.ts';
import { describeBinding } from './session-binding.ts';
import { describeSeats } from './session-seats.ts';
import { describeSessionViews } from './session-views.ts';

export type { StoreUnderTest } from './session-samples.ts';

/** What every session store must do, whatever it keeps its sessions in. */
export function describeSessionStore(
  name: string,
  makeStore: () => StoreUnderTest | Promise<StoreUnderTest>,
): void {
  describe(`session store ${name}`, () => {
    const code = (expected: string): unknown => expect.objectContaining({ code: expected });

    async function make(): Promise<StoreUnderTest> {
      const made = await makeStore();
      onTestFinished(() => made.close?.());
      return made;
    }

    test('gives what was issued once, to the first who asks', async () => {
      const { store, now } = await make();
      const issued = session({ body: '{"a":1}' });
      await store.issue(issued, { key: 'k', expiresAt: now() + TTL }, null);
      const takers = await Promise.all(Array.from({ length: 100 }, () => store.take('k')));
      expect(takers.filter((taken) => taken !== null)).toEqual([issued]);
    });

    test('leaves who waits where another one is issued under the same ticket, and takes the next one in when it is free', async () => {
      const { store, now } = await make();
      const ticket = { key: 'k', expiresAt: now() + TTL };
      const [first, second, third] = [session(), session(), session()];
      await store.issue(first, ticket, null);
      await store.issue(second, ticket, null);
      expect(await store.take('k')).toEqual(first);
      expect(await store.take('k')).toBeNull();
      await store.issue(third, ticket, null);
      await store.giveBack(first, ticket);
      expect(await store.take('k')).toEqual(third);
      expect(await store.take('k')).toBeNull();
    });

    test('counts nobody who is issued under the ticket of another one, and leaves that one its ticket and its call', async () => {
      const { store, now } = await make();
      const ticket = { key: 'k', expiresAt: now() + TTL };
      const [first, second, third] = [session({ call }), session({ call }), session({ call })];
      await store.issue(first, ticket, 2);
      await store.issue(second, ticket, 2);
      expect(await store.count('o', 'a')).toEqual({ live: 0, reserved: 1 });
      await expect(store.issue(third, ticket, 1)).rejects.toEqual(code('ERR_AT_CAPACITY'));
      const event = { type: 'ringing', sentAt: null, sequence: null } as const;
      expect(await store.note('twilio', call.id, event)).toMatchObject({ sessionId: first.id });
      expect(await store.take('k')).toEqual(first);
      expect(await store.count('o', 'a')).toEqual({ live: 1, reserved: 0 });
      await store.issue(second, ticket, 2);
      await store.giveBack(first, ticket);
      expect(await store.count('o', 'a')).toEqual({ live: 0, reserved: 1 });
    });

    test('gives nothing that was not issued', async () => {
      expect(await (await make()).store.take('k')).toBeNull();
    });

    test.each([
      [TTL - 1, true],
      [TTL, false],
      [TTL + 1, false],
    ])(`after %i of ${TTL} ms a ticket is good: %s`, async (ms, isGood) => {
      const { store, wait, now } = await make();
      await store.issue(session(), { key: 'k', expiresAt: now() + TTL }, null);
      await wait(ms);
      expect((await store.take('k')) !== null).toBe(isGood);
    });

    test('takes back a session for the rest of its time, and gives it once more', async () => {
      const { store, wait, now } = await make();
      const issued = session();
      const ticket = { key: 'k', expiresAt: now() + TTL };
      await store.issue(issued, ticket, null);
      await store.take('k');
      await store.giveBack(issued, ticket);
      expect(await store.read(issued.id)).toBeNull();
      await wait(TTL - 1);
      expect(await store.take('k')).toEqual(issued);
      await store.giveBack(issued, ticket);
      await wait(1);
      expect(await store.take('k')).toBeNull();
    });

    test('knows a live session, and forgets it when it ends', async () => {
      const { store, now } = await make();
      const issued = session({ body: '[]' });
      await store.issue(issued, { key: 'k', expiresAt: now() + TTL }, null);
      expect(await store.read(issued.id)).toBeNull();
      await store.take('k');
      expect(await store.read(issued.id)).toEqual(issued);
      await store.end(issued, ending);
      expect(await store.read(issued.id)).toBeNull();
      await store.end(issued, ending);
    });

    test('remembers how a phone call ended', async () => {
      const { store } = await make();
      const live = session({ call });
      await store.open(live, null);
      expect(await store.endingOf('twilio', 'CA1')).toBeNull();
      await store.end(live, ending);
      expect(await store.endingOf('twilio', 'CA1')).toEqual({ ...ending, sessionId: live.id });
      expect(await store.endingOf('plivo', 'CA1')).toBeNull();
    });

    test('of two sessions of a phone call, the one that ended last tells how the call ended', async () => {
      const { store } = await make();
      const [first, second] = [session({ call }), session({ call })];
      await store.open(first, null);
      await store.open(second, null);
      await store.end(second, { ...ending, status: 'BOT_LOST' });
      await store.end(first, ending);
      expect(await store.endingOf('twilio', 'CA1')).toEqual({ ...ending, sessionId: first.id });
    });

    test('counts live and reserved sessions of an agent, and of no other', async () => {
      const { store, now } = await make();
      await store.issue(session(), { key: 'k', expiresAt: now() + TTL }, 2);
      await store.open(session(), 2);
      await expect(store.open(session(), 2)).rejects.toEqual(code('ERR_AT_CAPACITY'));
      const refused = store.issue(session(), { key: 'l', expiresAt: now() + TTL }, 2);
      await expect(refused).rejects.toEqual(code('ERR_AT_CAPACITY'));
      await store.open(session({ agent: 'b' }), 2);
      await store.open(session({ organization: 'p' }), 2);
    });

    test('has room again after an end', async () => {
      const { store } = await make();
      const only = session();
      await store.open(only, 1);
      await store.end(only, ending);
      await expect(store.open(session(), 1)).resolves.toBeUndefined();
    });

    test.each([
      ['expiry', false],
      ['being given back and expiry', true],
    ])('has room again after %s', async (_, isGivenBack) => {
      const { store, wait, now } = await make();
      const only = session();
      const ticket = { key: 'k', expiresAt: now() + TTL };
      await store.issue(only, ticket, 1);
      if (isGivenBack) await store.take('k');
      await store.giveBack(only, ticket);
      await wait(TTL - 1);
      await expect(store.open(session(), 1)).rejects.toEqual(code('ERR_AT_CAPACITY'));
      await wait(1);
      await store.open(session(), 1);
    });

    test('a session that is live when its ticket expires keeps its place', async () => {
      const { store, wait, now } = await make();
      await store.issue(session(), { key: 'k', expiresAt: now() + TTL }, 1);
      await store.take('k');
      await wait(TTL);
      await expect(store.open(session(), 1)).rejects.toEqual(code('ERR_AT_CAPACITY'));
    });

    test('lets in whoever needs no ticket, however many wait', async () => {
      const { store, now } = await make();
      const ticket = (key: string): { key: string; expiresAt: number } => ({ key, expiresAt: now() + TTL });
      const first = session();
      await store.issue(first, ticket('k0'), null);
      await store.take('k0');
      for (const key of ['k1', 'k2', 'k3', 'k4']) await store.issue(session(), ticket(key), null);
      await store.giveBack(first, ticket('k0'));
      await expect(store.open(session(), null)).resolves.toBeUndefined();
    });

    test('refuses more than it can hold, and pushes nothing out', async () => {
      const { store, wait, now } = await make();
      const tickets = ['k1', 'k2', 'k3', 'k4'].map((key) => ({ key, expiresAt: now() + TTL }));
      for (const ticket of tickets) await store.issue(session(), ticket, null);
      const fifth = (key = 'k5'): Promise<void> =>
        store.issue(session(), { key, expiresAt: now() + TTL }, null);
      await expect(fifth()).rejects.toEqual(code('ERR_STORE_FULL'));
      for (const { key } of tickets) expect(await store.take(key)).not.toBeNull();
      await fifth();
      await wait(TTL);
      await fifth('k6');
    });

    test('refuses bodies beyond its bytes, and has room when the session that held them ends', async ({
      skip,
    }) => {
      const { store, now, countsBytes } = await make();
      skip(!countsBytes, 'whoever keeps the bodies judges');
      const big = session({ body: 'x'.repeat(1000) });
      await store.issue(big, { key: 'k', expiresAt: now() + TTL }, null);
      const more = (): Promise<void> =>
        store.issue(session({ body: 'é' }), { key: 'l', expiresAt: now() + TTL }, null);
      await expect(more()).rejects.toEqual(code('ERR_STORE_FULL'));
      await store.take('k');
      await expect(more()).rejects.toEqual(code('ERR_STORE_FULL'));
      await store.end(big, ending);
      await more();
    });

    describeSeats(make);
    describeSessionViews(make);
    describeCallRecord(make);
    describeBinding(make);
  });
}
