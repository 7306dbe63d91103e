import { randomUUID } from 'node:crypto';
import { GatewayError } from '../shared/errors.ts';
import { callFacts, type StartReply, type StartRequest } from '../shared/start.ts';
import { serviceHostOf, type Agent, type AgentTable } from './agents.ts';
import { MAX_BODY_BYTES } from './limits.ts';
import type { RequestObserver } from './observe/observer.ts';
import { newSession } from './sessions/new-session.ts';
import type { SessionStore, Ticket } from './sessions/store.ts';
import type { TokenSigner } from './token.ts';
import { callTicket, named, type Signers } from './upgrade-signature.ts';

export interface LocalStartOptions {
  readonly signers: Signers;
  readonly agents: AgentTable;
  readonly sessions: SessionStore;
  readonly tokens: TokenSigner;
  /** Names of the providers whose endpoints exist. */
  readonly providers: readonly string[];
  /** ws(s):// URL under which carriers and clients reach us, without a slash at its end. */
  readonly publicWsUrl: string;
  readonly isDraining: () => boolean;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Opens a session of one organisation's agent. Rejects as StartSession does. No bot is contacted. */
export type LocalStart = (
  organization: string,
  request: StartRequest,
  seen: RequestObserver,
) => Promise<StartReply>;

/** The one body of rules behind POST /start and behind the webhooks of this process. */
export function localStart(options: LocalStartOptions): LocalStart {
  const { agents, sessions, providers, publicWsUrl, isDraining, now } = options;

  return async (organization, request, seen) => {
    const agent = agents.inOrganization(organization, request.agent);
    seen.agent(agent);
    checkTransport(request.transport, providers);
    checkBody(request.body, agent);
    if (isDraining())
      throw new GatewayError('ERR_DRAINING', 'this gateway is shutting down: ask again, another one answers');

    const provider = request.transport === 'websocket' ? 'generic' : request.transport;
    const wsUrl = `${publicWsUrl}/ws/${provider}/${serviceHostOf(agent)}`;
    if (agent.auth === 'none') return { sessionId: randomUUID(), wsUrl, token: null };

    const issued = ticketFor(agent, provider, request.call, options);
    const body = request.body ?? bodyOf(provider, request);
    const { call } = request;
    // An earlier request for the same call may have left one waiting: there is no second one, and no other body.
    const waiting =
      issued.token === null && call ? await sessions.bind(issued.key, call, body ?? '{}') : null;
    if (waiting) return { sessionId: waiting.id, wsUrl, token: null };
    const session = newSession(agent, { provider, call, body }, now(), seen.trace());
    await sessions.issue(session, issued, agent.maxSessions);
    return { sessionId: session.id, wsUrl, token: issued.token };
  };
}

/** A token; or, where the carrier's signature opens the socket, the phone call that it must be for. */
function ticketFor(
  agent: Agent,
  provider: string,
  call: StartRequest['call'],
  { signers, tokens, now }: LocalStartOptions,
): Ticket & { readonly token: string | null } {
  if (agent.auth !== 'signature') return tokens.issue(serviceHostOf(agent));
  if (call && signers.has(provider)) return { ...callTicket(provider, agent, call.id, now()), token: null };
  throw new GatewayError(
    'ERR_REQUEST_INVALID',
    `agent ${agent.name} has websocket_auth = "signature": it takes phone calls only, named in call, of carriers that sign their upgrades (${named(signers)})`,
  );
}

function checkTransport(transport: string, providers: readonly string[]): void {
  if (transport === 'websocket' || providers.includes(transport)) return;
  throw new GatewayError(
    'ERR_REQUEST_INVALID',
    `this gateway relays WebSockets: set transport to "websocket" or one of ${providers.join(', ')}; it has no Daily rooms and no WebRTC`,
  );
}

function checkBody(body: string | null, agent: Agent): void {
  if (body === null) return;
  if (agent.auth === 'none') {
    throw new GatewayError(
      'ERR_REQUEST_INVALID',
      `agent ${agent.name} has websocket_auth = "none" and takes no body here: pass it as ?body= on the socket, or set "token"`,
    );
  }
  if (Buffer.byteLength(body) > MAX_BODY_BYTES) {
    throw new GatewayError(
      'ERR_REQUEST_TOO_LARGE',
      `body is over ${MAX_BODY_BYTES} bytes of JSON: send less, or send a link`,
    );
  }
}

/** A phone call without a body of its own: its facts are the body. */
function bodyOf(provider: string, { call }: StartRequest): string | null {
  return call && JSON.stringify({ call: callFacts(provider, call) });
}
