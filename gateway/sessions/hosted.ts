import { GatewayError } from '../../shared/errors.ts';
import {
  askStore,
  readStoreQuestion,
  readStoreValue,
  type StoreAnswer,
  type StoreErrorCode,
  type StoreRequest,
  type StoreResult,
  type StoreStop,
} from './store-messages.ts';
import type { Session, SessionStore } from './store.ts';

/** The sessions, as one other process asks for them: the other end of a `remoteStore`. */
export interface HostedStore {
  /** Sessions live in that process. */
  readonly live: number;
  /** The answer to a question; null when the message is none. Never rejects. */
  answer(message: unknown): Promise<StoreAnswer | null>;
  /** Tells that process that somebody wants a session ended, if it is live in it. */
  stop(id: string): void;
  /** The process is gone: ends the sessions that were live in it. Resolves with how many those were. Never rejects. */
  release(): Promise<number>;
}

export interface HostedStoreOptions {
  readonly store: SessionStore;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** To that process. */
  readonly send: (message: StoreStop) => void;
}

export function hostedStore({ store, now, send }: HostedStoreOptions): HostedStore {
  /** Live in that process, by id. */
  const held = new Map<string, Session>();
  let isGone = false;

  async function perform(request: StoreRequest): Promise<unknown> {
    const value = await askStore(store, request);
    if (request.method === 'open') hold(request.args[0]);
    if (request.method === 'take') hold(readStoreValue('take', value));
    if (request.method === 'end' || request.method === 'giveBack') held.delete(request.args[0].id);
    if (isGone) await release(); // it died while this was done for it
    return value;
  }

  function hold(session: Session | null): void {
    if (session) held.set(session.id, session);
  }

  async function release(): Promise<number> {
    isGone = true;
    const lost = [...held.values()];
    held.clear();
    const ending = { status: 'GATEWAY_LOST', endedBy: 'gateway', code: 1006, reason: '', at: now() } as const;
    await Promise.allSettled(lost.map((session) => store.end(session, ending)));
    return lost.length;
  }

  return {
    get live() {
      return held.size;
    },
    async answer(message) {
      const question = readStoreQuestion(message);
      if (!question) return null;
      const { id, request } = question;
      const result: StoreResult = await perform(request).then((value) => ({ value }), failure);
      return { type: 'store-answer', id, result };
    },
    stop(id) {
      if (held.has(id)) send({ type: 'store-stop', id });
    },
    release,
  };
}

/** The names a store has for its failures cross as they are; a bug in it is told as what it means to the asker. */
function failure(error: unknown): StoreResult {
  if (error instanceof GatewayError && isStoreError(error.code)) {
    return { error: { code: error.code, message: error.message } };
  }
  return { error: { code: 'ERR_STORE_UNAVAILABLE', message: 'the session store failed: try again' } };
}

function isStoreError(code: string): code is StoreErrorCode {
  return ['ERR_AT_CAPACITY', 'ERR_STORE_FULL', 'ERR_STORE_UNAVAILABLE'].includes(code);
}
