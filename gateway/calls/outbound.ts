import { isCallEnd, type CallEnd } from '../../shared/call-status.ts';
import { GatewayError } from '../../shared/errors.ts';
import { json, type HttpHandler } from '../../shared/http.ts';
import type { Call } from '../../shared/provider.ts';
import { callFacts, type StartReply } from '../../shared/start.ts';
import { serviceHostOf, type Agent, type AgentTable } from '../agents.ts';
import type { HeardNotice } from '../callbacks.ts';
import type { Authorize } from '../keys.ts';
import { loggedError, maskNumber, type Log } from '../log.ts';
import type { Observer, RequestObserver } from '../observe/observer.ts';
import { refusalOf } from '../refusals.ts';
import { newSession } from '../sessions/new-session.ts';
import type { Session, SessionStore } from '../sessions/store.ts';
import type { IssuedToken, TokenSigner } from '../token.ts';
import type { CallControls } from './controls.ts';
import { readDialRequest, type DialRequest } from './dial-request.ts';
import { isAllowed, type OutboundRules } from './rules.ts';

export interface OutboundOptions {
  readonly agents: AgentTable;
  readonly sessions: SessionStore;
  readonly tokens: TokenSigner;
  readonly controls: CallControls;
  /** By public key. Asked before anything else is looked at. */
  readonly organizationOf: Authorize;
  readonly publicUrl: string;
  readonly publicWsUrl: string;
  readonly isDraining: () => boolean;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly observer: Observer;
  readonly log: Log;
}

/**
 * Calls that we place. A token is issued before the phone rings, and its session counted; it travels in the URL that the
 * carrier asks when somebody answers, is bound to that call then, and stands in the document. Whatever ends the call
 * before, the session ends with it, and the token opens nothing any more.
 */
export interface Outbound {
  /** POST /v1/public/{agent}/dial. */
  readonly dial: (agent: string) => HttpHandler;
  /** The session of a call that was answered. `token`: from the URL. Rejects with ERR_TOKEN_REFUSED. */
  readonly answered: (
    token: string,
    serviceHost: string,
    provider: string,
    call: Call,
  ) => Promise<StartReply>;
  /** What a carrier tells about a call of ours. Rejects as the store does. */
  readonly told: (notice: HeardNotice) => Promise<void>;
}

/** The name of the token in our URLs. */
export const DIALLED = 'dialled';

export function outbound(options: OutboundOptions): Outbound {
  const { agents, sessions, tokens, publicWsUrl, organizationOf, observer, log } = options;

  return {
    dial: (name) => async (request) => {
      const { method, headers } = request;
      const seen = observer.request({
        via: 'start',
        method,
        provider: null,
        traceparent: headers['traceparent'],
      });
      try {
        const agent = agents.inOrganization(organizationOf(headers['authorization']), name);
        const reply = await dial(agent, readDialRequest(request), seen, options);
        seen.answered('started', { sessionId: reply.sessionId });
        return json(200, reply);
      } catch (error) {
        seen.answered('declined', { error });
        const answer = refusalOf(error);
        log.warn({ agent: name, status: answer.status, ...loggedError(error) }, 'call not placed');
        return answer;
      }
    },

    async answered(token, serviceHost, provider, heard) {
      const grant = tokens.read(token);
      if (grant?.serviceHost !== serviceHost) throw refused();
      // Not every carrier says so in this request.
      const call: Call = { ...heard, direction: 'outbound' };
      const facts = JSON.stringify({ call: callFacts(provider, call) });
      const session = await sessions.bind(grant.key, call, facts);
      if (session?.provider !== provider) throw refused();
      return { sessionId: session.id, wsUrl: `${publicWsUrl}/ws/${provider}/${serviceHost}`, token };
    },

    async told({ query, event, provider, callId }) {
      const grant = tokens.read(query.get(DIALLED) ?? '');
      if (!grant || !isCallEnd(event)) return;
      const session = await sessions.take(grant.key); // null when it was answered, and talked
      if (session) await unanswered(session, event.type, options, { provider: provider.name, callId, event });
    },
  };
}

interface Dialled {
  readonly sessionId: string;
  /** Null where the carrier names the call only when it rings, or is answered. */
  readonly callId: string | null;
  readonly provider: string;
  readonly from: string;
  readonly to: string;
  readonly status: 'queued';
}

async function dial(
  agent: Agent,
  asked: DialRequest,
  seen: RequestObserver,
  options: OutboundOptions,
): Promise<Dialled> {
  const { sessions, tokens, controls, isDraining, log } = options;
  seen.agent(agent);
  const rules = rulesFor(agent, asked);
  if (!controls.names.includes(asked.provider)) {
    const known = controls.names.join(', ') || 'none: no carrier has credentials';
    throw new GatewayError(
      'ERR_REQUEST_INVALID',
      `provider: must be one that is switched on here (${known})`,
    );
  }
  const place = controls.of(asked.provider, 'place');
  if (isDraining()) throw new GatewayError('ERR_DRAINING', 'this gateway is shutting down: ask again');
  const facts = { provider: asked.provider, call: null, body: asked.body };
  const session = newSession(agent, facts, options.now(), seen.trace());
  const issued = tokens.issue(serviceHostOf(agent));
  await sessions.issue(session, issued, Math.min(agent.maxSessions ?? Infinity, rules.maxSessions));
  const { provider, from, to, ringTimeout } = asked;
  try {
    const { callId } = await place({ from, to, ringTimeout, ...urlsFor(agent, provider, issued, options) });
    const about = { session: session.id, agent: agent.name, provider, callId };
    log.info({ ...about, from: maskNumber(from), to: maskNumber(to) }, 'call placed');
    if (callId !== null) await sessions.nameCall(session.id, provider, callId);
    return { sessionId: session.id, callId, provider, from, to, status: 'queued' };
  } catch (error) {
    const waiting = await sessions.take(issued.key);
    if (waiting) await unanswered(waiting, 'failed', options, loggedError(error));
    throw error;
  }
}

/** Throws ERR_CALL_FORBIDDEN, or ERR_REQUEST_INVALID for an agent that asks for no token. */
function rulesFor(agent: Agent, { from, to }: DialRequest): OutboundRules {
  const { outbound: rules } = agent.calls;
  if (!rules) throw forbidden(`agent ${agent.name} may not place calls: allow it in [agents.outbound]`);
  if (!rules.from.includes(from)) {
    throw forbidden(`agent ${agent.name} may not call from this number: name it in outbound.from`);
  }
  if (!isAllowed(to, rules.to)) {
    throw forbidden(
      `agent ${agent.name} may not call this number: name it, or its beginning, in outbound.to`,
    );
  }
  return rules;
}

function urlsFor(
  agent: Agent,
  provider: string,
  { token }: IssuedToken,
  { publicUrl }: OutboundOptions,
): { answerUrl: string; statusUrl: string } {
  const base = `${publicUrl}/webhooks/${provider}`;
  return {
    answerUrl: `${base}/${serviceHostOf(agent)}?${DIALLED}=${token}`,
    statusUrl: `${base}/status?${DIALLED}=${token}`,
  };
}

/** Its place is free, and it is remembered. */
async function unanswered(
  session: Session,
  reason: CallEnd['type'],
  { sessions, now, log }: OutboundOptions,
  facts: object,
): Promise<void> {
  log.info({ session: session.id, agent: session.agent, reason, ...facts }, 'call not answered');
  const ending = { status: 'NOT_ANSWERED', endedBy: 'caller', code: 1000, reason, at: now() } as const;
  await sessions.end(session, ending);
}

function forbidden(sentence: string): GatewayError {
  return new GatewayError('ERR_CALL_FORBIDDEN', sentence);
}

function refused(): GatewayError {
  return new GatewayError('ERR_TOKEN_REFUSED', 'the call that was answered is none that waits here');
}
