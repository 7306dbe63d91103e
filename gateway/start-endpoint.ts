import { GatewayError } from '../shared/errors.ts';
import { json, refusal, type HttpHandler, type HttpRequest, type HttpResponse } from '../shared/http.ts';
import type { StartReply } from '../shared/start.ts';
import type { Agent } from './agents.ts';
import type { Authorize } from './keys.ts';
import { loggedError, type Log } from './log.ts';
import type { Asking, Observer, RequestObserver } from './observe/observer.ts';
import { refusalOf } from './refusals.ts';
import type { LocalStart } from './start.ts';
import { readStartRequest } from './start-request.ts';

export interface StartEndpointOptions {
  readonly start: LocalStart;
  /** By public key. Asked before anything else is looked at, so that no wrong key learns which agents exist. */
  readonly organizationOf: Authorize;
  readonly observer: Observer;
  readonly log: Log;
}

/** POST /start and POST /v1/public/{agent}/start. `agent`: from the path, or null. */
export function startEndpoint(options: StartEndpointOptions): (agent: string | null) => HttpHandler {
  const { start, organizationOf, observer, log } = options;
  return (agent) => async (request) => {
    const seen = watched(observer, 'start', request);
    try {
      const organization = organizationOf(request.headers['authorization']);
      const reply = await start(organization, readStartRequest(request, agent), seen);
      seen.answered('started', { sessionId: reply.sessionId });
      log.info({ session: reply.sessionId }, 'session started');
      return json(200, withoutNull(reply));
    } catch (error) {
      seen.answered('declined', { error });
      return refused(error, log);
    }
  };
}

function watched(observer: Observer, via: Asking['via'], { method, headers }: HttpRequest): RequestObserver {
  return observer.request({ via, method, provider: null, traceparent: headers['traceparent'] });
}

/** `token` is absent, not null, when the agent asks for none. */
function withoutNull({ sessionId, wsUrl, token }: StartReply): Partial<StartReply> {
  return token === null ? { sessionId, wsUrl } : { sessionId, wsUrl, token };
}

function refused(error: unknown, log: Log): HttpResponse {
  const answer = refusalOf(error);
  log.warn({ status: answer.status, ...loggedError(error) }, 'start refused');
  return answer;
}

export interface BrowserStartOptions {
  readonly start: LocalStart;
  /** The agent that a page of this origin may start, or null. */
  readonly agentFor: (origin: string, agent: string | null) => Agent | null;
  readonly observer: Observer;
  readonly log: Log;
}

/**
 * POST /api/start: for pages, which can keep no key. The answer holds `wsUrl` alone, token inside: the stock
 * `@pipecat-ai/websocket-transport` 1.7.1 throws on any other key but `ws_url` and `token`.
 */
export function browserStartEndpoint({ start, agentFor, observer, log }: BrowserStartOptions): HttpHandler {
  return async (request) => {
    const origin = request.headers['origin'] ?? '';
    if (!agentFor(origin, null)) {
      return refusal(403, '403', 'This page may not start calls here: add its origin to allowed_origins.');
    }
    const answer = await startForPage(request, origin);
    return {
      ...answer,
      headers: { ...answer.headers, 'access-control-allow-origin': origin, vary: 'origin' },
    };
  };

  async function startForPage(request: HttpRequest, origin: string): Promise<HttpResponse> {
    const seen = watched(observer, 'page', request);
    try {
      const asked = readStartRequest(request, null);
      const agent = agentFor(origin, asked.agent);
      if (!agent) throw new GatewayError('ERR_AGENT_UNKNOWN', 'this page may start no agent of that name');
      const reply = await start(agent.organization, { ...asked, agent: agent.name, call: null }, seen);
      seen.answered('started', { sessionId: reply.sessionId });
      log.info({ session: reply.sessionId, origin }, 'session started');
      return json(200, { wsUrl: reply.token === null ? reply.wsUrl : `${reply.wsUrl}/${reply.token}` });
    } catch (error) {
      seen.answered('declined', { error });
      return refused(error, log);
    }
  }
}
