import { describe, expect, test } from 'vitest';
import type { Session, SessionQuery, SessionStore } from '../../gateway/sessions/store.ts';
import { call, ending, session, TTL, type StoreUnderTest } from './session-samples.ts';

const everything: SessionQuery = {
  organization: 'o',
  agent: 'a',
  limit: 100,
  offset: 0,
  status: null,
  from: null,
  until: null,
};

/** What every session store tells of its sessions, and how it has them stopped. */
export function describeSessionViews(make: () => Promise<StoreUnderTest>): void {
  test('finds a session from the moment it is opened, as it was known at its end, and never its body', async () => {
    const { store, now, wait } = await make();
    const trace = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const started = session({ body: '{"secret":1}', createdAt: now(), provider: 'generic', trace });
    const { body: _, ...known } = started;
    const ticket = { key: 'k', expiresAt: now() + TTL };
    await store.issue(started, ticket, null);
    expect(await store.find(started.id)).toBeNull();
    await wait(5);
    await store.take('k');
    const record = { ...known, openedAt: now(), bot: null, ending: null };
    expect(await store.find(started.id)).toEqual(record);
    await store.seat(started, ['ws://bot/'], null);
    expect(await store.find(started.id)).toEqual({ ...record, bot: 'ws://bot/' });
    await store.end({ ...started, provider: 'plivo', call }, ending);
    const ended = { ...record, provider: 'plivo', call, bot: 'ws://bot/', ending };
    expect(await store.find(started.id)).toEqual(ended);
    expect(await store.list(everything)).toEqual({ total: 1, records: [ended] });
  });

  test('neither finds nor lists what was given back', async () => {
    const { store, now } = await make();
    const started = session({ createdAt: now() });
    const ticket = { key: 'k', expiresAt: now() + TTL };
    await store.issue(started, ticket, null);
    await store.take('k');
    await store.giveBack(started, ticket);
    expect(await store.find(started.id)).toBeNull();
    expect(await store.list(everything)).toEqual({ total: 0, records: [] });
  });

  describe('of six sessions of an agent, the last three live', () => {
    /** From the oldest to the newest, a millisecond apart. */
    async function six(store: SessionStore, since: number): Promise<Session[]> {
      const all = [0, 1, 2, 3, 4, 5].map((age) => session({ createdAt: since + age }));
      const [others, waiting] = [[session({ agent: 'b' }), session({ organization: 'p' })], session()];
      // Neither the order in which they are opened nor that of their ends is the order of the list.
      for (const live of [...all.toReversed(), ...others]) await store.open(live, null);
      await store.issue(waiting, { key: 'k', expiresAt: since + TTL }, null);
      for (const [age, status] of [
        [1, 'BOT_LOST'],
        [2, 'STOPPED'],
        [0, 'DRAINED'],
      ] as const) {
        const over = all[age];
        if (over) await store.end(over, { ...ending, status, endedBy: 'operator' });
      }
      return all;
    }

    test.each<[Partial<SessionQuery>, number[], number]>([
      [{}, [5, 4, 3, 2, 1, 0], 6],
      [{ limit: 2 }, [5, 4], 6],
      [{ limit: 2, offset: 2 }, [3, 2], 6],
      [{ limit: 3, offset: 2 }, [3, 2, 1], 6],
      [{ limit: 2, offset: 5 }, [0], 6],
      [{ offset: 6 }, [], 6],
      [{ limit: 0 }, [], 6],
      [{ status: 'live' }, [5, 4, 3], 3],
      [{ status: 'live', limit: 1, offset: 1 }, [4], 3],
      [{ status: 'ended' }, [2, 1, 0], 3],
      [{ status: 'ended', limit: 1, offset: 1 }, [1], 3],
      [{ status: 'BOT_LOST' }, [1], 1],
      [{ status: 'STOPPED' }, [2], 1],
      [{ status: 'CALLER_LOST' }, [], 0],
      [{ from: 2 }, [5, 4, 3, 2], 4],
      [{ from: 5 }, [5], 1],
      [{ from: 6 }, [], 0],
      [{ until: 2 }, [2, 1, 0], 3],
      [{ until: 0 }, [0], 1],
      [{ until: -1 }, [], 0],
      [{ from: 1, until: 4, limit: 2, offset: 1 }, [3, 2], 4],
      [{ from: 2, until: 4, status: 'live' }, [4, 3], 2],
      [{ from: 4, until: 2 }, [], 0],
      [{ agent: 'nobody' }, [], 0],
      [{ organization: 'nobody' }, [], 0],
    ])('%j lists %j, of %i', async (change, ages, total) => {
      const { store, now } = await make();
      const since = now();
      const all = await six(store, since);
      const at = (time: number | null | undefined): number | null => (time == null ? null : since + time);
      const query = { ...everything, ...change, from: at(change.from), until: at(change.until) };
      const list = await store.list(query);
      expect(list.total).toBe(total);
      expect(list.records.map(({ id }) => id)).toEqual(ages.map((age) => all[age]?.id));
      expect(list.records).toEqual(await Promise.all(list.records.map(({ id }) => store.find(id))));
    });
  });

  test('counts an agent’s live and reserved sessions', async () => {
    const { store, now, wait } = await make();
    const started = session();
    const ticket = { key: 'k', expiresAt: now() + TTL };
    const seen: string[] = [];
    const look = async (): Promise<void> => {
      const { live, reserved } = await store.count('o', 'a');
      seen.push(`${live}+${reserved}`);
    };
    await look();
    await store.issue(started, ticket, null);
    await look();
    await store.take('k');
    await look();
    await store.giveBack(started, ticket);
    await look();
    await store.take('k');
    await store.open(session(), null);
    await store.issue(session(), { ...ticket, key: 'l' }, null);
    await look();
    await store.end(started, ending);
    await store.end(started, ending);
    await look();
    await wait(TTL);
    await look();
    expect(seen).toEqual(['0+0', '0+1', '1+0', '0+1', '2+1', '1+1', '1+0']);
    expect(await store.count('o', 'b')).toEqual({ live: 0, reserved: 0 });
    expect(await store.count('p', 'a')).toEqual({ live: 0, reserved: 0 });
  });

  test('tells whoever relays it to stop a session that is live, and no other', async () => {
    const { store, now } = await make();
    const told: string[] = [];
    store.onStop((id) => told.push(id));
    const [live, over, waiting] = [session(), session(), session()];
    await store.open(live, null);
    await store.open(over, null);
    await store.end(over, ending);
    await store.issue(waiting, { key: 'k', expiresAt: now() + TTL }, null);
    for (const id of [over.id, waiting.id, session().id]) expect(await store.stop(id)).toBe(false);
    expect(await store.stop(live.id)).toBe(true);
    await expect.poll(() => told).toEqual([live.id]);
    expect(await store.read(live.id)).toEqual(live);
  });
}
