import type { CallEvent } from '../../shared/call-status.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { Agent } from '../agents.ts';
import type { Ending, Session } from '../sessions/store.ts';

/** What became of a callback of a carrier. */
export interface ToldCallback {
  readonly provider: string;
  /** `none`: of no interest here, or not genuine. */
  readonly event: CallEvent['type'] | 'none';
  readonly result: 'kept' | 'repeated' | 'unknown_call' | 'ignored' | 'forbidden' | 'malformed' | 'failed';
}

/** What asks for a session: a carrier's webhook, POST /start with a key, or POST /api/start from a page. */
export interface Asking {
  readonly via: 'webhook' | 'start' | 'page';
  /** Of the request: GET or POST. */
  readonly method: string;
  /** Provider name; null where there is none. */
  readonly provider: string | null;
  /** The request's `traceparent` header, which anybody may have written. */
  readonly traceparent: string | undefined;
}

export type RequestResult =
  | 'started'
  /** No session was had; a carrier's caller hears the fallback. */
  | 'declined'
  /** A webhook that came again got the document it had got before. */
  | 'repeated'
  /** Wrong signature: not from the carrier. */
  | 'forbidden'
  | 'malformed';

/** One request for a session, until it is answered. */
export interface RequestObserver {
  /** `traceparent` of this request, for the session that it starts; undefined when nobody traces. */
  readonly trace: () => string | undefined;
  /** Whose session it is about to be. */
  readonly agent: (agent: Agent) => void;
  readonly answered: (result: RequestResult, facts?: { sessionId?: string; error?: unknown }) => void;
}

export type DialResult = 'answered' | 'unreachable' | 'caller_left';

/** What has passed so far, from either side; read whenever somebody wants to know. */
export type Passed = Readonly<
  Record<'caller' | 'bot', { readonly messages: number; readonly bytes: number }>
>;

/** One socket, from its upgrade request until all of it is over. */
export interface CallObserver {
  /** Its session is known. A carrier's may be told twice: then the second says more. */
  readonly admitted: (session: Session) => void;
  /** It got its 101. */
  readonly opened: () => void;
  /** It got none. */
  readonly refused: (result: string) => void;
  /** `bot`: its URL, as configured or discovered. */
  readonly dialling: (bot: string) => void;
  /** What the bot is told besides, while it is dialled. */
  readonly dialHeaders: () => Readonly<Record<string, string>>;
  readonly dialled: (result: DialResult) => void;
  readonly talking: (passed: Passed) => void;
  /** The bot's first message was passed on. */
  readonly botSpoke: () => void;
  readonly ended: (ending: Ending) => void;
  /** Nothing more will be told. */
  readonly left: () => void;
}

/** Told of the few moments of a call's life that count. It never throws, waits, or changes what happens. */
export interface Observer {
  readonly request: (asking: Asking) => RequestObserver;
  /** `endpoint`: one that exists, or "unknown". */
  readonly upgrade: (endpoint: string) => CallObserver;
  /** A genuine callback of a carrier about a call, or one that was not. */
  readonly callback: (told: ToldCallback) => void;
  /** A call was given to an agent by that row of the routing table. */
  readonly routed: (route: string, agent: Agent) => void;
  /** An operation of the session store is over. */
  readonly stored: (operation: string, seconds: number, result: string) => void;
}

/** Several observers as one. */
export function observers(all: readonly Observer[]): Observer {
  return {
    request(asking) {
      const each = all.map((one) => one.request(asking));
      return {
        trace: () => each.map(({ trace }) => trace()).find((trace) => trace !== undefined),
        agent: (agent) => each.forEach((one) => one.agent(agent)),
        answered: (result, facts) => each.forEach((one) => one.answered(result, facts)),
      };
    },
    upgrade(endpoint) {
      const each = all.map((one) => one.upgrade(endpoint));
      return {
        admitted: (session) => each.forEach((one) => one.admitted(session)),
        opened: () => each.forEach((one) => one.opened()),
        refused: (result) => each.forEach((one) => one.refused(result)),
        dialling: (bot) => each.forEach((one) => one.dialling(bot)),
        dialHeaders: () => each.reduce((headers, one) => ({ ...headers, ...one.dialHeaders() }), {}),
        dialled: (result) => each.forEach((one) => one.dialled(result)),
        talking: (passed) => each.forEach((one) => one.talking(passed)),
        botSpoke: () => each.forEach((one) => one.botSpoke()),
        ended: (ending) => each.forEach((one) => one.ended(ending)),
        left: () => each.forEach((one) => one.left()),
      };
    },
    callback: (told) => all.forEach((one) => one.callback(told)),
    routed: (route, agent) => all.forEach((one) => one.routed(route, agent)),
    stored: (...what) => all.forEach((one) => one.stored(...what)),
  };
}

/** A failure as a value of a label: our own code without its prefix, of which there are a few dozen; or "bug". */
export function resultOf(error: unknown): string {
  return error instanceof GatewayError ? error.code.replace(/^ERR_/, '').toLowerCase() : 'bug';
}
