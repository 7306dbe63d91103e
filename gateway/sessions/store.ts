import type { CallEvent, KeptEvent } from '../../shared/call-status.ts';
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
  /** W3C `traceparent` of the webhook or /start that it came from; absent when nobody traces. */
  readonly trace?: string;
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
  /** Somebody with a private key stopped it. */
  | 'STOPPED'
  /** A call that we placed, and nobody answered: busy, failed, or rung out. */
  | 'NOT_ANSWERED'
  /** The process that relayed it is gone. */
  | 'GATEWAY_LOST';

export interface Ending {
  readonly status: CompletionStatus;
  readonly endedBy: 'caller' | 'bot' | 'gateway' | 'operator';
  /** As the side that ended it said it; RFC 6455 §7.4. */
  readonly code: number;
  readonly reason: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** How the last session of a phone call ended, and which one it was. */
export interface LastEnding extends Ending {
  readonly sessionId: string;
}

/** A session that was opened, as it is listed: all but its body. */
export interface SessionRecord extends Omit<Session, 'body'> {
  /** When its socket was let in. Milliseconds since the epoch. */
  readonly openedAt: number;
  /** URL of the bot whose seat it has, or had; null where no seat was asked for. */
  readonly bot: string | null;
  /** Null while it is live. */
  readonly ending: Ending | null;
}

export interface SessionQuery {
  readonly organization: string;
  readonly agent: string;
  /** At most so many records, after leaving out the first `offset` that match. */
  readonly limit: number;
  readonly offset: number;
  /** "live", "ended" in whatever way, or one way of ending; null is all. */
  readonly status: 'live' | 'ended' | CompletionStatus | null;
  /** By `createdAt`, both ends included. Milliseconds since the epoch; null is no bound. */
  readonly from: number | null;
  readonly until: number | null;
}

/** One page. */
export interface SessionList {
  /** How many match, on this page or not. */
  readonly total: number;
  /** Newest first. */
  readonly records: readonly SessionRecord[];
}

/** What an agent has, all processes together. */
export interface SessionCount {
  readonly live: number;
  readonly reserved: number;
}

/** What became of an event that a carrier told. */
export interface Noted {
  readonly sessionId: string;
  /** False when it had been told before. */
  readonly isNew: boolean;
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
   * Rejects with ERR_AT_CAPACITY, or ERR_STORE_FULL: nothing that waits is ever pushed out, also not by another session
   * under the same ticket, which then waits nowhere.
   */
  issue(session: Session, ticket: Ticket, maxSessions: number | null): Promise<void>;
  /** Waiting → live, in one atomic step: null for everyone but the first, and after the ticket has expired. */
  take(key: string): Promise<Session | null>;
  /**
   * Live → waiting again, for what is left of the ticket's time: its socket was never opened, or found no bot. It gives
   * up its seat, and is no longer listed.
   */
  giveBack(session: Session, ticket: Ticket): Promise<void>;
  /**
   * The call of a session that waits, and was issued before its carrier named the call: from now on it is for that one
   * only. `body`: for a session without one. What it knows of that call already stays. Resolves with it; null when none waits under that key, or for another call.
   */
  bind(key: string, call: Call, body: string): Promise<Session | null>;
  /** Live from now on, without a ticket. Rejects with ERR_AT_CAPACITY. */
  open(session: Session, maxSessions: number | null): Promise<void>;
  /**
   * Live → ended; the body is forgotten and the seat given up, the rest remembered for a while. `session` may say more
   * than was known when it was opened (provider, call). Unknown ids are ignored.
   */
  end(session: Session, ending: Ending): Promise<void>;
  /** A live session, or null. */
  read(id: string): Promise<Session | null>;
  /** How the last session of a phone call ended; null while it lives and when it is not known. */
  endingOf(provider: string, callId: string): Promise<LastEnding | null>;

  /**
   * From now on, events of that call are kept with this session, which was issued or opened before its call was known. With
   * a call that was known it is so from the beginning; of two sessions of a call the later one has what comes.
   */
  nameCall(id: string, provider: string, callId: string): Promise<void>;
  /**
   * Keeps what a carrier told about a call, once, whenever it comes: while the session waits, lives, or is remembered.
   * Only the last MAX_CALL_EVENTS of a session are kept. Null, and nothing is kept, when no session of that call is known.
   */
  note(provider: string, callId: string, event: CallEvent): Promise<Noted | null>;
  /** What was told about a session's call, in the order in which it happened. */
  events(id: string): Promise<readonly KeptEvent[]>;

  /**
   * Gives a live session a seat at the bot with the fewest sessions of all processes, the first of those with equally
   * few, in one atomic step; a seat that it had elsewhere is given up. `bots`: their URLs. `maxSessions`: of each bot.
   * Resolves with the bot, or null when all of them are full.
   */
  seat(session: Session, bots: readonly string[], maxSessions: number | null): Promise<string | null>;
  /** Gives up the seat of a live session: its bot did not answer. */
  unseat(session: Session): Promise<void>;

  /** A session that was opened, live or ended, as long as it is remembered; or null. */
  find(id: string): Promise<SessionRecord | null>;
  list(query: SessionQuery): Promise<SessionList>;
  count(organization: string, agent: string): Promise<SessionCount>;
  /** Tells the process that relays a live session to end it. False when there is no such session. */
  stop(id: string): Promise<boolean>;
  /** `listener` is told the ids of sessions of this process that somebody wants stopped. One listener only. */
  onStop(listener: (id: string) => void): void;

  /** Resolves when the store can serve. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
