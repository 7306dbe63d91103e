import { inOrder, type CallEvent, type KeptEvent } from '../../shared/call-status.ts';
import { MAX_CALL_EVENTS } from '../limits.ts';
import { eventText } from './store-data.ts';
import type { Noted, Session, SessionStore } from './store.ts';

/** What carriers told about the calls of sessions that wait, live, or are remembered. */
export interface CallRecord {
  /** A session that may know its call. */
  readonly begin: (session: Session) => void;
  readonly asked: Pick<SessionStore, 'nameCall' | 'note' | 'events'>;
  /** The session is not remembered any more. */
  readonly forget: (id: string) => void;
  readonly clear: () => void;
}

interface Told {
  /** Of its calls, in the index. */
  readonly keys: Set<string>;
  /** By their text, the first told first. */
  readonly events: Map<string, KeptEvent>;
}

/** `now`: milliseconds since the epoch. */
export function callRecord(now: () => number): CallRecord {
  const sessions = new Map<string, Told>();
  const ofCalls = new Map<string, string>();

  function name(id: string, provider: string, callId: string): void {
    const key = keyOf(provider, callId);
    const told = sessions.get(id) ?? { keys: new Set(), events: new Map() };
    sessions.set(id, told);
    told.keys.add(key);
    ofCalls.set(key, id);
  }

  function note(provider: string, callId: string, event: CallEvent): Noted | null {
    const sessionId = ofCalls.get(keyOf(provider, callId));
    const events = sessionId === undefined ? undefined : sessions.get(sessionId)?.events;
    if (sessionId === undefined || !events) return null;
    const text = eventText(event);
    const isNew = !events.has(text);
    if (isNew) events.set(text, { event, at: now() });
    const [oldest] = events.keys();
    if (events.size > MAX_CALL_EVENTS && oldest !== undefined) events.delete(oldest);
    return { sessionId, isNew };
  }

  return {
    begin({ id, provider, call }) {
      if (call) name(id, provider, call.id);
    },
    asked: {
      nameCall: async (...given) => name(...given),
      note: async (...given) => note(...given),
      events: async (id) => inOrder(sessions.get(id)?.events.values() ?? []),
    },
    forget(id) {
      for (const key of sessions.get(id)?.keys ?? []) if (ofCalls.get(key) === id) ofCalls.delete(key);
      sessions.delete(id);
    },
    clear() {
      sessions.clear();
      ofCalls.clear();
    },
  };
}

function keyOf(provider: string, callId: string): string {
  return `${provider} ${callId}`;
}
