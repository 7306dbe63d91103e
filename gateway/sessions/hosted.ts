import { GatewayError } from '../../shared/errors.ts';
import {
  askStore,
  isSession,
  readStoreQuestion,
  type StoreAnswer,
  type StoreErrorCode,
  type StoreRequest,
  type StoreResult,
} from './store-messages.ts';
import type { Ending, Session, SessionStore } from './store.ts';

/** The sessions, as one other process asks for them: the other end of a `remoteStore`. */
export interface HostedStore {
  /** Sessions live in that process. */
  readonly live: number;
  /** The answer to a question; null when the message is none. Never rejects. */
  answer(message: unknown): Promise<StoreAnswer | null>;
  /** The process is gone: ends the sessions that were live in it. Resolves with how many those were. Never rejects. */
  release(): Promise<number>;
}

/** `now`: milliseconds since the epoch. */
export function hostedStore(store: SessionStore, now: () => number): HostedStore {
  /** Live in that process, by id. */
  const held = new Map<string, Session>();
  let isGone = false;

  async function perform(request: StoreRequest): Promise<Session | Ending | null> {
    const value = await askStore(store, ownSession(request));
    if (request.method === 'open') held.set(request.session.id, request.session);
    if (request.method === 'take' && isSession(value)) held.set(value.id, value);
    if (request.method === 'end' || request.method === 'giveBack') held.delete(request.session.id);
    if (isGone) await release(); // it died while this was done for it
    return value;
  }

  /** The same with the body, which does not travel twice. */
  function ownSession(request: StoreRequest): StoreRequest {
    if (request.method !== 'end' && request.method !== 'giveBack') return request;
    return { ...request, session: held.get(request.session.id) ?? request.session };
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
