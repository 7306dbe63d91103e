import { hostedStore, type HostedStore } from '../../gateway/sessions/hosted.ts';
import { remoteStore, type RemoteStore } from '../../gateway/sessions/remote.ts';
import type { SessionStore } from '../../gateway/sessions/store.ts';

/** A store asked over a channel between processes, and both of its ends. */
export interface LinkedStore extends RemoteStore {
  readonly hosted: HostedStore;
}

/** Messages are copied as an IPC channel copies them, and take a turn of the loop. */
export function linkedStore(store: SessionStore, now: () => number): LinkedStore {
  const toRemote = (message: unknown): void => {
    const copy: unknown = structuredClone(message);
    setImmediate(() => remote.receive(copy));
  };
  const hosted = hostedStore({ store, now, send: toRemote });
  const remote = remoteStore({
    now,
    send: (question) => void hosted.answer(structuredClone(question)).then(toRemote),
  });
  return { ...remote, hosted };
}
