import type { Ending, LastEnding, SessionList, SessionQuery, SessionRecord } from './store.ts';

/** A session that is over. */
export type EndedRecord = SessionRecord & { readonly ending: Ending };

/** The sessions that ended last. */
export interface History {
  /** The oldest ending is forgotten when there are too many. */
  readonly add: (record: EndedRecord) => void;
  readonly find: (id: string) => EndedRecord | null;
  readonly endingOf: (provider: string, callId: string) => LastEnding | null;
  readonly records: () => Iterable<EndedRecord>;
}

/** Remembers `max` sessions. `onForgotten` is told the id of each that goes. */
export function history(max: number, onForgotten: (id: string) => void): History {
  const ended = new Map<string, EndedRecord>();
  /** The last one of each phone call. */
  const ofCalls = new Map<string, EndedRecord>();

  function forget(record: EndedRecord): void {
    ended.delete(record.id);
    const key = callKey(record.provider, record.call?.id ?? '');
    if (ofCalls.get(key) === record) ofCalls.delete(key);
    onForgotten(record.id);
  }

  return {
    add(record) {
      ended.set(record.id, record);
      if (record.call) ofCalls.set(callKey(record.provider, record.call.id), record);
      const [oldest] = ended.values();
      if (ended.size > max && oldest) forget(oldest);
    },
    find: (id) => ended.get(id) ?? null,
    endingOf(provider, callId) {
      const last = ofCalls.get(callKey(provider, callId));
      return last ? { ...last.ending, sessionId: last.id } : null;
    },
    records: () => ended.values(),
  };
}

/** The page that a query asks for. */
export function pageOf(records: readonly SessionRecord[], query: SessionQuery): SessionList {
  const { offset, limit } = query;
  const matching = records.filter((record) => matches(record, query));
  matching.sort((one, other) => other.createdAt - one.createdAt);
  return { total: matching.length, records: matching.slice(offset, offset + limit) };
}

function matches(record: SessionRecord, query: SessionQuery): boolean {
  const { organization, agent, status, from, until } = query;
  if (record.organization !== organization || record.agent !== agent) return false;
  const is: SessionQuery['status'][] = record.ending ? ['ended', record.ending.status] : ['live'];
  if (status !== null && !is.includes(status)) return false;
  return record.createdAt >= (from ?? -Infinity) && record.createdAt <= (until ?? Infinity);
}

function callKey(provider: string, callId: string): string {
  return `${provider} ${callId}`;
}
