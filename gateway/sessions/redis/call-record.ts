import { inOrder, isCallEnd } from '../../../shared/call-status.ts';
import { MAX_CALL_EVENTS } from '../../limits.ts';
import { eventText } from '../store-data.ts';
import type { SessionStore } from '../store.ts';
import { keys } from './keys.ts';
import type { RedisLink } from './link.ts';
import { nameCall, HISTORY_TTL, RECORD_TTL } from './moves.ts';
import { readEvent } from './records.ts';

/** `now`: milliseconds since the epoch. */
export function redisCallRecord(
  link: RedisLink,
  now: () => number,
): Pick<SessionStore, 'nameCall' | 'note' | 'events'> {
  return {
    async nameCall(id, provider, callId) {
      await link.together((batch) => nameCall(batch, id, provider, callId));
    },
    async note(provider, callId, event) {
      const sessionId = await link.run((client) => client.get(keys.call(provider, callId)));
      if (sessionId === null) return null;
      const name = keys.events(sessionId);
      const [isNew, count] = await link.together((batch) => {
        batch
          .zAdd(name, { score: now(), value: eventText(event) }, { condition: 'NX' })
          .zCard(name)
          .pExpire(name, isCallEnd(event) ? HISTORY_TTL : RECORD_TTL);
      });
      const tooMany = Number(count) - MAX_CALL_EVENTS;
      if (tooMany > 0) await link.run((client) => client.zPopMinCount(name, tooMany));
      return { sessionId, isNew: Number(isNew) === 1 };
    },
    async events(id) {
      const kept = await link.run((client) =>
        client.zRangeByScoreWithScores(keys.events(id), '-inf', '+inf'),
      );
      return inOrder(kept.map(({ value, score }) => ({ event: readEvent(value), at: score })));
    },
  };
}
