import { describe, expect, test } from 'vitest';
import type { Session, SessionStore } from '../../gateway/sessions/store.ts';
import { ending, session, TTL, type StoreUnderTest } from './session-samples.ts';

const A = 'ws://10.0.0.1:7860/ws';
const B = 'wss://bots.example.com/b?x=1';
const C = 'ws://[::1]:7861/ws';

/** What every session store does with the seats of bots. */
export function describeSeats(make: () => Promise<StoreUnderTest>): void {
  async function opened(store: SessionStore): Promise<Session> {
    const live = session();
    await store.open(live, null);
    return live;
  }

  describe('seats', () => {
    test.each<[string, string[], string[], number | null, string | null]>([
      ['a bot without sessions', [], [A], null, A],
      ['the first of several without sessions', [], [B, A, C], 1, B],
      ['the one with fewer sessions', [A], [A, B], null, B],
      ['the one with the fewest sessions', [A, A, B, C, C], [A, B, C], null, B],
      ['the first of those with equally few', [A, A, B, C], [A, C, B], null, C],
      ['a bot with room for one more', [A], [A], 2, A],
      ['one that has room, where others are full', [A, B], [A, B, C], 1, C],
      ['none when all are full', [A, B], [A, B], 1, null],
      ['none when there are none', [A], [], null, null],
    ])('gives %s', async (_, taken, bots, max, expected) => {
      const { store } = await make();
      for (const bot of taken) expect(await store.seat(await opened(store), [bot], null)).toBe(bot);
      const late = await opened(store);
      expect(await store.seat(late, bots, max)).toBe(expected);
      expect(await store.find(late.id)).toMatchObject({ bot: expected });
    });

    test('never gives more seats than there are, to however many come at once', async () => {
      const { store } = await make();
      const sessions = await Promise.all(Array.from({ length: 10 }, () => opened(store)));
      const given = await Promise.all(sessions.map((live) => store.seat(live, [A, B, C], 3)));
      const counts = [A, B, C, null].map((bot) => given.filter((one) => one === bot).length);
      expect(counts).toEqual([3, 3, 3, 1]);
    });

    test('counts the sessions of all agents', async () => {
      const { store } = await make();
      const other = session({ agent: 'b', organization: 'p' });
      await store.open(other, null);
      await store.seat(other, [A], 1);
      expect(await store.seat(await opened(store), [A], 1)).toBeNull();
    });

    test('a seat moves with its session', async () => {
      const { store } = await make();
      const live = await opened(store);
      await store.seat(live, [A], 1);
      expect(await store.seat(live, [B], 1)).toBe(B);
      const other = await opened(store);
      expect(await store.seat(other, [B], 1)).toBeNull();
      expect(await store.seat(other, [A], 1)).toBe(A);
      expect(await store.find(live.id)).toMatchObject({ bot: B });
    });

    test('who has the only seat of a bot gets it again', async () => {
      const { store } = await make();
      const live = await opened(store);
      await store.seat(live, [A], 1);
      expect(await store.seat(live, [A], 1)).toBe(A);
      expect(await store.seat(await opened(store), [A], 1)).toBeNull();
      await store.unseat(live);
      expect(await store.seat(await opened(store), [A], 1)).toBe(A);
    });

    test.each<[string, (store: SessionStore, live: Session, expiresAt: number) => Promise<void>]>([
      ['leaving it', (store, live) => store.unseat(live)],
      ['its end', (store, live) => store.end(live, ending)],
      ['being given back', (store, live, expiresAt) => store.giveBack(live, { key: 'k', expiresAt })],
    ])('a session gives up its seat by %s, once', async (_, leave) => {
      const { store, now } = await make();
      const live = session();
      const expiresAt = now() + TTL;
      await store.issue(live, { key: 'k', expiresAt }, null);
      await store.take('k');
      const others = [await opened(store), await opened(store), await opened(store)] as const;
      await store.seat(live, [A], 2);
      await store.seat(others[0], [A], 2);
      expect(await store.seat(others[1], [A], 2)).toBeNull();
      await leave(store, live, expiresAt);
      await leave(store, live, expiresAt);
      expect(await store.seat(others[1], [A], 2)).toBe(A);
      expect(await store.seat(others[2], [A], 2)).toBeNull();
    });

    test('a session that is not live has no seat', async () => {
      const { store } = await make();
      const over = await opened(store);
      await store.end(over, ending);
      expect(await store.seat(over, [A], 1)).toBeNull();
      await store.unseat(over);
      expect(await store.seat(await opened(store), [A], 1)).toBe(A);
    });
  });
}
