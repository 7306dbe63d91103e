import { expect, test } from 'vitest';
import { memoryStore } from '../../gateway/sessions/memory.ts';
import { inOrder, instantOf, type CallEvent } from '../../shared/call-status.ts';
import { call, ending, session, TTL } from '../contract/session-samples.ts';

const ringing: CallEvent = { type: 'ringing', sentAt: 1000, sequence: 0 };

test('memory forgets what was told with the session: when it is pushed out, and when it was never opened', async () => {
  let now = 1000;
  const store = memoryStore({ maxPending: 4, maxPendingBytes: 1000, maxHistory: 2 }, () => now);
  const of = (id: string) => session({ call: { ...call, id } });
  const sessions = ['CA1', 'CA2', 'CA3'].map(of);
  for (const one of sessions) {
    await store.open(one, null);
    await store.note('twilio', one.call?.id ?? '', ringing);
    await store.end(one, ending);
  }
  const kept = await Promise.all(sessions.map(({ id }) => store.events(id)));
  expect(kept.map(({ length }) => length)).toEqual([0, 1, 1]);
  expect(await store.note('twilio', 'CA1', ringing)).toBeNull();

  await store.issue(of('CA4'), { key: 'k', expiresAt: now + TTL }, null);
  expect(await store.note('twilio', 'CA4', ringing)).toMatchObject({ isNew: true });
  now += TTL;
  await store.count('o', 'a');
  expect(await store.note('twilio', 'CA4', ringing)).toBeNull();
});

test('what happened in one second stands as it must have happened, and the end of the call last', () => {
  const told = { sentAt: 1000, sequence: null };
  const stream = { ...told, streamId: null };
  const events: CallEvent[] = [
    { type: 'queued', ...told },
    { type: 'ringing', ...told },
    { type: 'answered', ...told },
    { type: 'stream-started', ...stream },
    { type: 'stream-stopped', ...stream },
    { type: 'stream-stopped', ...stream, sentAt: null },
    { type: 'completed', ...told, sentAt: 500, duration: 1, cause: null },
  ];
  const kept = events.map((event) => ({ event, at: 2000 }));
  expect(inOrder(kept.toReversed())).toEqual(kept);
});

test.each([
  ['2026-11-21T12:00:05Z', 5],
  ['2026-11-21T12:00:05.120Z', 5.12],
  ['2026-11-21 12:00:05.120731Z', 5.12],
  ['2026-11-21 17:30:05+05:30', 5],
  ['Sat, 21 Nov 2026 12:00:05 +0000', 5],
  ['Sat, 21 Nov 2026 12:00:05 GMT', 5],
  ['2026-11-21 12:00:05', null],
  ['2026-11-21', null],
  ['2026-13-41T12:00:05Z', null],
  ['12', null],
  ['', null],
  [undefined, null],
])('the instant %s is %s seconds after noon', (text, seconds) => {
  expect(instantOf(text)).toBe(seconds === null ? null : Date.UTC(2026, 10, 21, 12) + seconds * 1000);
});
