import { TOKEN_TTL } from '../../shared/start.ts';
import { questions } from './questions.ts';
import { readStoreMessage, readStoreValue, type StoreQuestion, type StoreRequest } from './store-messages.ts';
import type { Session, SessionStore, Ticket } from './store.ts';

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
  /** True when it came from the store. */
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
  let stopped: (id: string) => void = nobody;

  /** What was done too late would hold a place, or a token, that nobody knows of. */
  async function undo(request: StoreRequest, value: unknown): Promise<void> {
    const at = now();
    const ending = { status: 'HANDSHAKE_REFUSED', endedBy: 'gateway', code: 1013, reason: '', at } as const;
    if (request.method === 'open') await sessions.end(request.args[0], ending);
    if (request.method === 'seat') await sessions.unseat(request.args[0]);
    if (request.method === 'take') {
      const session = readStoreValue('take', value);
      const [key] = request.args;
      if (session) await sessions.giveBack(session, { key, expiresAt: session.createdAt + TOKEN_TTL });
    }
    if (request.method === 'issue') {
      const session = await sessions.take(request.args[1].key);
      if (session) await sessions.end(session, ending);
    }
  }

  const sessions: SessionStore = {
    issue: (session, ticket, max) => ask({ method: 'issue', args: [session, onlyTicket(ticket), max] }),
    take: (key) => ask({ method: 'take', args: [key] }),
    bind: (key, call, body) => ask({ method: 'bind', args: [key, call, body] }),
    giveBack: (session, ticket) =>
      ask({ method: 'giveBack', args: [withoutBody(session), onlyTicket(ticket)] }),
    open: (session, max) => ask({ method: 'open', args: [session, max] }),
    end: (session, ending) => ask({ method: 'end', args: [withoutBody(session), ending] }),
    read: (id) => ask({ method: 'read', args: [id] }),
    endingOf: (provider, callId) => ask({ method: 'endingOf', args: [provider, callId] }),
    nameCall: (id, provider, callId) => ask({ method: 'nameCall', args: [id, provider, callId] }),
    note: (provider, callId, event) => ask({ method: 'note', args: [provider, callId, event] }),
    events: (id) => ask({ method: 'events', args: [id] }),
    seat: (session, bots, max) => ask({ method: 'seat', args: [withoutBody(session), bots, max] }),
    unseat: (session) => ask({ method: 'unseat', args: [withoutBody(session)] }),
    find: (id) => ask({ method: 'find', args: [id] }),
    list: (query) => ask({ method: 'list', args: [query] }),
    count: (organization, agent) => ask({ method: 'count', args: [organization, agent] }),
    stop: (id) => ask({ method: 'stop', args: [id] }),
    onStop: (listener) => void (stopped = listener),
    ping: () => ask({ method: 'ping', args: [] }),
    async close() {},
  };

  function receive(message: unknown): boolean {
    const said = readStoreMessage(message);
    if (said?.type === 'store-answer') answered(said);
    if (said?.type === 'store-stop') stopped(said.id);
    return said !== null;
  }
  return { sessions, receive, lost };
}

function nobody(): void {}

/** The other end has it, and it may be large. */
function withoutBody(session: Session): Session {
  return { ...session, body: null };
}

/** Whoever issues one may have its token beside it, which is nobody else's business. */
function onlyTicket({ key, expiresAt }: Ticket): Ticket {
  return { key, expiresAt };
}
