import { questions } from './questions.ts';
import {
  isEnding,
  isSession,
  readStoreAnswer,
  type StoreQuestion,
  type StoreRequest,
} from './store-messages.ts';
import type { Ending, Session, SessionStore } from './store.ts';

/** Milliseconds the other process has for an answer. Then the caller is better served by a refusal, and tries again. */
export const STORE_TIMEOUT = 2000;

export interface RemoteStoreOptions {
  /** Throws when the other process is gone. */
  readonly send: (question: StoreQuestion) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Milliseconds. */
  readonly timeout?: number;
}

/** A session store in another process, and what comes from there. */
export interface RemoteStore {
  /** `close` leaves the sessions where they are: they are not only ours. */
  readonly sessions: SessionStore;
  /** True when it was an answer to a question of ours. */
  readonly receive: (message: unknown) => boolean;
  /** The other process is gone. */
  readonly lost: () => void;
}

/** Speaks to a `hostedStore`. Methods reject with ERR_STORE_UNAVAILABLE when no answer comes in time. */
export function remoteStore({ send, now, timeout = STORE_TIMEOUT }: RemoteStoreOptions): RemoteStore {
  const { ask, answered, lost } = questions({
    send,
    timeout,
    onLate: (request, value) => void undo(request, value).catch(() => {}),
  });

  /** What was done too late would hold a place, or a token, that nobody knows of. */
  async function undo(request: StoreRequest, value: Session | Ending | null): Promise<void> {
    const ending = {
      status: 'HANDSHAKE_REFUSED',
      endedBy: 'gateway',
      code: 1013,
      reason: '',
      at: now(),
    } as const;
    if (request.method === 'open') await sessions.end(request.session, ending);
    if (request.method === 'take' && isSession(value)) {
      await sessions.giveBack(value, { key: request.key, expiresAt: now() });
    }
    if (request.method !== 'issue') return;
    const session = await sessions.take(request.ticket.key);
    if (session) await sessions.end(session, ending);
  }

  const sessions: SessionStore = {
    async issue(session, { key, expiresAt }, maxSessions) {
      await ask({ method: 'issue', session, ticket: { key, expiresAt }, maxSessions });
    },
    async take(key) {
      return sessionOf(await ask({ method: 'take', key }));
    },
    async giveBack(session, { key, expiresAt }) {
      await ask({ method: 'giveBack', session: withoutBody(session), ticket: { key, expiresAt } });
    },
    async open(session, maxSessions) {
      await ask({ method: 'open', session, maxSessions });
    },
    async end(session, ending) {
      await ask({ method: 'end', session: withoutBody(session), ending });
    },
    async read(id) {
      return sessionOf(await ask({ method: 'read', id }));
    },
    async endingOf(provider, callId) {
      const ending = await ask({ method: 'endingOf', provider, callId });
      return isEnding(ending) ? ending : null;
    },
    async ping() {
      await ask({ method: 'ping' });
    },
    async close() {},
  };

  function receive(message: unknown): boolean {
    const answer = readStoreAnswer(message);
    if (answer) answered(answer);
    return answer !== null;
  }
  return { sessions, receive, lost };
}

/** The other end has it, and it may be large. */
function withoutBody(session: Session): Session {
  return { ...session, body: null };
}

function sessionOf(value: Session | Ending | null): Session | null {
  return isSession(value) ? value : null;
}
