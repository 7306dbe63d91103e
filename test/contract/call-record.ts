import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_CALL_EVENTS } from '../../gateway/limits.ts';
import type { CallEvent } from '../../shared/call-status.ts';
import { call, ending, session, TTL, type StoreUnderTest } from './session-samples.ts';

const ringing: CallEvent = { type: 'ringing', sentAt: 1000, sequence: 0 };
const answered: CallEvent = { type: 'answered', sentAt: 2000, sequence: 1 };
const started: CallEvent = { type: 'stream-started', sentAt: 2500, sequence: null, streamId: 'MZ1' };
const failed: CallEvent = {
  type: 'stream-error',
  sentAt: 2600,
  sequence: null,
  streamId: 'MZ1',
  code: '31920',
  said: 'Stream - WebSocket - Handshake Error',
  meaning: 'the handshake was refused',
  cure: 'look at the path',
};
const stopped: CallEvent = { type: 'stream-stopped', sentAt: 2900, sequence: null, streamId: 'MZ1' };
const completed: CallEvent = { type: 'completed', sentAt: 2000, sequence: 2, duration: 2, cause: null };
const all = [ringing, answered, started, failed, stopped, completed];

/** What every session store must do with what carriers tell about calls. */
export function describeCallRecord(make: () => Promise<StoreUnderTest>): void {
  describe('the record of a call', () => {
    const told = async ({ store }: StoreUnderTest, id: string): Promise<CallEvent[]> =>
      (await store.events(id)).map(({ event }) => event);

    test('begins before the socket opens, and ends after the session has ended', async () => {
      const made = await make();
      const { store, now } = made;
      const issued = session({ call });
      const noted = { sessionId: issued.id, isNew: true };
      await store.issue(issued, { key: 'k', expiresAt: now() + TTL }, null);
      expect(await store.note('twilio', 'CA1', ringing)).toEqual(noted);
      await store.take('k');
      expect(await store.note('twilio', 'CA1', started)).toEqual(noted);
      await store.end(issued, ending);
      expect(await store.note('twilio', 'CA1', completed)).toEqual(noted);
      expect(await told(made, issued.id)).toEqual([ringing, started, completed]);
    });

    test('says when we were told, by our clock', async () => {
      const { store, wait, now } = await make();
      const live = session({ call });
      await store.open(live, null);
      await wait(5);
      const before = now();
      await store.note('twilio', 'CA1', ringing);
      const [kept] = await store.events(live.id);
      expect(kept?.at).toBeGreaterThanOrEqual(before);
      expect(kept?.at).toBeLessThanOrEqual(now());
    });

    test.each([
      ['a call that nobody knows', 'twilio', 'CA2'],
      ['a call of another carrier', 'plivo', 'CA1'],
    ])('keeps nothing of %s', async (_, provider, id) => {
      const made = await make();
      const live = session({ call });
      await made.store.open(live, null);
      await made.store.open(session(), null);
      expect(await made.store.note(provider, id, ringing)).toBeNull();
      expect(await told(made, live.id)).toEqual([]);
      expect(await told(made, 'nobody')).toEqual([]);
    });

    test('keeps nothing of a session that was refused', async () => {
      const { store, now } = await make();
      const ticket = { key: 'k', expiresAt: now() + TTL };
      await expect(store.issue(session({ call }), ticket, 0)).rejects.toMatchObject({
        code: 'ERR_AT_CAPACITY',
      });
      await expect(store.open(session({ call }), 0)).rejects.toMatchObject({ code: 'ERR_AT_CAPACITY' });
      expect(await store.note('twilio', 'CA1', ringing)).toBeNull();
    });

    test('knows a call that was named later', async () => {
      const made = await make();
      const live = session();
      await made.store.open(live, null);
      expect(await made.store.note('twilio', 'CA1', ringing)).toBeNull();
      await made.store.nameCall(live.id, 'twilio', call.id);
      expect(await made.store.note('twilio', 'CA1', answered)).toMatchObject({ sessionId: live.id });
      expect(await told(made, live.id)).toEqual([answered]);
    });

    test('of two sessions of a call, the later one has what comes', async () => {
      const made = await make();
      const [first, second] = [session({ call }), session({ call })];
      await made.store.open(first, null);
      await made.store.note('twilio', 'CA1', ringing);
      await made.store.open(second, null);
      await made.store.end(first, ending);
      await made.store.note('twilio', 'CA1', completed);
      expect(await told(made, first.id)).toEqual([ringing]);
      expect(await told(made, second.id)).toEqual([completed]);
    });

    test(
      'is the same in whatever order, and however often, its events come',
      { timeout: 20_000 },
      async () => {
        const made = await make();
        const deliveries = fc
          .tuple(
            fc.shuffledSubarray(all, { minLength: all.length }),
            fc.array(fc.constantFrom(...all), { maxLength: 6 }),
          )
          .map(([each, again]) => [...each, ...again]);
        const property = fc.asyncProperty(deliveries, async (delivered) => {
          const live = session({ call });
          await made.store.open(live, null);
          const noted = [];
          for (const event of delivered) noted.push(await made.store.note('twilio', 'CA1', { ...event }));
          expect(noted.filter((one) => one?.isNew)).toHaveLength(all.length);
          expect(await told(made, live.id)).toEqual(all);
          await made.store.end(live, ending);
        });
        await fc.assert(property, { numRuns: 10 });
      },
    );

    test.each([
      [MAX_CALL_EVENTS, 0],
      [MAX_CALL_EVENTS + 1, 1],
      [MAX_CALL_EVENTS + 3, 3],
    ])(`of %i events it forgets the first %i: ${MAX_CALL_EVENTS} stay`, async (count, forgotten) => {
      const made = await make();
      const live = session({ call });
      await made.store.open(live, null);
      const events = Array.from({ length: count - 1 }, (_, at) => ({ ...ringing, sentAt: at, sequence: at }));
      for (const event of events) {
        await made.wait(1);
        await made.store.note('twilio', 'CA1', event);
      }
      await made.wait(1);
      await made.store.note('twilio', 'CA1', completed);
      expect(await told(made, live.id)).toEqual([...events, completed].slice(forgotten));
    });
  });
}
