import type { SessionStore } from '../sessions/store.ts';
import { resultOf, type Observer } from './observer.ts';

/** The same store; `stored` is told how long each operation took, in seconds, and how it went: "ok", or the error. */
export function observedStore(store: SessionStore, stored: Observer['stored']): SessionStore {
  async function timed<T>(operation: string, run: () => Promise<T>): Promise<T> {
    const since = performance.now();
    const tell = (result: string): void => stored(operation, (performance.now() - since) / 1000, result);
    try {
      const value = await run();
      tell('ok');
      return value;
    } catch (error) {
      tell(resultOf(error));
      throw error;
    }
  }
  return {
    issue: (...given) => timed('issue', () => store.issue(...given)),
    take: (...given) => timed('take', () => store.take(...given)),
    bind: (...given) => timed('bind', () => store.bind(...given)),
    giveBack: (...given) => timed('give_back', () => store.giveBack(...given)),
    open: (...given) => timed('open', () => store.open(...given)),
    end: (...given) => timed('end', () => store.end(...given)),
    read: (...given) => timed('read', () => store.read(...given)),
    endingOf: (...given) => timed('ending_of', () => store.endingOf(...given)),
    nameCall: (...given) => timed('name_call', () => store.nameCall(...given)),
    note: (...given) => timed('note', () => store.note(...given)),
    events: (...given) => timed('events', () => store.events(...given)),
    seat: (...given) => timed('seat', () => store.seat(...given)),
    unseat: (...given) => timed('unseat', () => store.unseat(...given)),
    find: (...given) => timed('find', () => store.find(...given)),
    list: (...given) => timed('list', () => store.list(...given)),
    count: (...given) => timed('count', () => store.count(...given)),
    stop: (...given) => timed('stop', () => store.stop(...given)),
    ping: () => timed('ping', () => store.ping()),
    onStop: (listener) => store.onStop(listener),
    close: () => store.close(),
  };
}
