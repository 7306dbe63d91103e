import type { Call } from '../../shared/provider.ts';

/** One conversation between a caller and a bot, from /start until both sockets are closed. */
export interface Session {
  /** UUID v4. */
  readonly id: string;
  readonly agent: string;
  readonly organization: string;
  /** Provider name, or "generic". */
  readonly provider: string;
  /** Null when no phone call is known (yet). */
  readonly call: Call | null;
  /** JSON text, handed to the bot byte for byte. */
  readonly body: string | null;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

/** Under which name, and until when, a session waits for its one socket. */
export interface Ticket {
  readonly key: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** How a session ended. */
export type CompletionStatus =
  | 'WS_CONNECTION_CLOSED'
  | 'BOT_LOST'
  | 'CALLER_LOST'
  | 'BOT_UNREACHABLE'
  | 'HANDSHAKE_REFUSED'
  | 'LIMIT_REACHED'
  | 'DRAINED'
  /** The process that relayed it is gone. */
  | 'GATEWAY_LOST';

export interface Ending {
  readonly status: CompletionStatus;
  readonly endedBy: 'caller' | 'bot' | 'gateway';
  /** As the side that ended it said it; RFC 6455 §7.4. */
  readonly code: number;
  readonly reason: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/**
 * Where sessions live between /start and hang-up.
 *
 * It is an allow-list: it holds what was issued and not yet used, so a store that lost its memory refuses. Every method
 * rejects with ERR_STORE_UNAVAILABLE when the store cannot be asked.
 */
export interface SessionStore {
  /**
   * Keeps a session waiting under a ticket, and counts it as reserved. `maxSessions`: of its agent, live and reserved.
   * Rejects with ERR_AT_CAPACITY, or ERR_STORE_FULL: nothing that waits is ever pushed out.
   */
  issue(session: Session, ticket: Ticket, maxSessions: number | null): Promise<void>;
  /** Waiting → live, in one atomic step: null for everyone but the first, and after the ticket has expired. */
  take(key: string): Promise<Session | null>;
  /** Live → waiting again, for what is left of the ticket's time: its socket was never opened, or found no bot. */
  giveBack(session: Session, ticket: Ticket): Promise<void>;
  /** Live from now on, without a ticket. Rejects with ERR_AT_CAPACITY. */
  open(session: Session, maxSessions: number | null): Promise<void>;
  /** Live → ended; the body is forgotten, the ending remembered for a while. Unknown ids are ignored. */
  end(session: Session, ending: Ending): Promise<void>;
  /** A live session, or null. */
  read(id: string): Promise<Session | null>;
  /** How the last session of a phone call ended; null while it lives and when it is not known. */
  endingOf(provider: string, callId: string): Promise<Ending | null>;
  /** Resolves when the store can serve. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
