import { expect, test } from 'vitest';
import { call, session, TTL, type StoreUnderTest } from './session-samples.ts';

/** What every session store must do for calls that are placed before their carrier has named them. */
export function describeBinding(make: () => Promise<StoreUnderTest>): void {
  const facts = '{"call":{}}';

  test('binds a session that waits to its call, once and for all', async () => {
    const { store, now } = await make();
    const issued = session();
    await store.issue(issued, { key: 'k', expiresAt: now() + TTL }, null);
    const bound = { ...issued, call, body: facts };
    expect(await store.bind('k', call, facts)).toEqual(bound);
    expect(await store.bind('k', call, facts)).toEqual(bound);
    expect(await store.bind('k', { ...call, id: 'CA2' }, facts)).toBeNull();
    expect(await store.take('k')).toEqual(bound);
    expect(await store.read(issued.id)).toEqual(bound);
  });

  test('leaves a session the facts of its call, whatever else is told of the same call', async () => {
    const { store, now } = await make();
    const issued = session({ call });
    await store.issue(issued, { key: 'k', expiresAt: now() + TTL }, null);
    expect(await store.bind('k', { ...call, from: '+15559999999' }, facts)).toEqual(issued);
    expect(await store.take('k')).toEqual(issued);
  });

  test('leaves the body that a session has', async () => {
    const { store, now } = await make();
    await store.issue(session({ body: '[1]' }), { key: 'k', expiresAt: now() + TTL }, null);
    expect(await store.bind('k', call, facts)).toMatchObject({ body: '[1]', call });
  });

  test('binds nothing that does not wait', async () => {
    const { store, wait, now } = await make();
    expect(await store.bind('k', call, facts)).toBeNull();
    await store.issue(session(), { key: 'k', expiresAt: now() + TTL }, null);
    await store.take('k');
    expect(await store.bind('k', call, facts)).toBeNull();
    await store.issue(session(), { key: 'l', expiresAt: now() + TTL }, null);
    await wait(TTL);
    expect(await store.bind('l', call, facts)).toBeNull();
  });

  test('keeps what is told about a call that was bound, and gives it back bound', async () => {
    const { store, now } = await make();
    const issued = session();
    const ticket = { key: 'k', expiresAt: now() + TTL };
    await store.issue(issued, ticket, null);
    await store.bind('k', call, facts);
    const event = { type: 'ringing', sentAt: null, sequence: null } as const;
    expect(await store.note('twilio', call.id, event)).toEqual({ sessionId: issued.id, isNew: true });
    const taken = await store.take('k');
    if (taken) await store.giveBack(taken, ticket);
    expect(await store.take('k')).toMatchObject({ call });
    expect(await store.count('o', 'a')).toEqual({ live: 1, reserved: 0 });
  });
}
