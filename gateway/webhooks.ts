import type { Answers, MemoryAnswersOptions } from '../shared/answers.ts';
import { GatewayError } from '../shared/errors.ts';
import { queryOf, readForm } from '../shared/form.ts';
import type { HttpHandler, HttpRequest, HttpResponse } from '../shared/http.ts';
import type { Call, Fallback, Provider } from '../shared/provider.ts';
import { readWebhook, voiceWebhook, type WebhookOutcome } from '../shared/voice-webhook.ts';
import type { Agent, AgentTable } from './agents.ts';
import { wasCutOff } from './endings.ts';
import { TOKEN_TTL } from '../shared/start.ts';
import { type Limits } from './limits.ts';
import { loggedCall, loggedError, type Log } from './log.ts';
import type { Observer, RequestObserver } from './observe/observer.ts';
import type { SessionStore } from './sessions/store.ts';
import type { LocalStart } from './start.ts';

export interface WebhookOptions {
  readonly agents: AgentTable;
  /** Whose agents are meant by a bare name: the first organisation's. */
  readonly organization: string;
  readonly start: LocalStart;
  readonly sessions: SessionStore;
  readonly publicUrl: string;
  readonly limits: Pick<Limits, 'maxPending'>;
  readonly answers: (options: MemoryAnswersOptions) => Answers;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly observer: Observer;
  readonly log: Log;
}

/** A provider's webhooks, by the rest of the path after /webhooks/<provider>. */
export interface ProviderWebhooks {
  /** `agent` from the path, or null for the one the called number belongs to. */
  readonly voice: (agent: string | null) => HttpHandler;
  /** What comes after a stream that ended while the call did not. */
  readonly after: HttpHandler;
}

/** What a caller hears when an agent has nothing of its own configured, or when there is no agent at all. */
export const DEFAULT_FALLBACK: Fallback = {
  say: 'Sorry, nobody can take your call right now. Please call again later.',
};

/** Answers for which there was no room: no webhook of before got them. */
const unremembered = new WeakSet<HttpResponse>();
function withoutRoom(response: HttpResponse): HttpResponse {
  unremembered.add(response);
  return response;
}
const noRoom = new GatewayError('ERR_STORE_FULL', 'no more answers can be remembered');

export function providerWebhooks(provider: Provider, options: WebhookOptions): ProviderWebhooks {
  const { agents, organization, sessions, publicUrl, now, observer, log } = options;
  const watched = ({ method, headers: { traceparent } }: HttpRequest): RequestObserver =>
    observer.request({ via: 'webhook', method, provider: provider.name, traceparent });
  const whenFull = async (): Promise<HttpResponse> => withoutRoom(provider.decline(DEFAULT_FALLBACK));
  // One memory for all paths of a provider: a call is the same call wherever its webhook was sent.
  const answers = options.answers({ now, ttl: TOKEN_TTL, max: options.limits.maxPending, whenFull });

  /** Throws ERR_AGENT_UNKNOWN. */
  function agentFor({ to }: Call, named: string | null): Agent {
    if (named === null) return agents.byNumber(to) ?? agents.inOrganization(organization, null);
    // A name of the first organisation, or a service host.
    const agent = agents.byServiceHost(named.includes('.') ? named : `${named}.${organization}`);
    if (!agent) throw new GatewayError('ERR_AGENT_UNKNOWN', 'no agent of the name in the webhook URL');
    // A signature that does not cover the URL proves nothing about the agent in it; the called number does.
    if (provider.signsUrl || agent.numbers.length === 0 || agent.numbers.includes(to)) return agent;
    throw new GatewayError('ERR_AGENT_UNKNOWN', "the called number is not one of this agent's numbers");
  }

  function fallbackFor(call: Call, named: string | null): Fallback {
    try {
      return agentFor(call, named).fallback;
    } catch {
      return DEFAULT_FALLBACK;
    }
  }

  async function voice(named: string | null, webhook: HttpRequest): Promise<HttpResponse> {
    const seen = watched(webhook);
    let isTold = false;
    const handle = voiceWebhook({
      provider,
      start: async ({ call, ...request }) => {
        const agent = call ? agentFor(call, named) : agents.inOrganization(organization, named);
        return options.start(agent.organization, { ...request, call, agent: agent.name }, seen);
      },
      agentFor: () => named,
      fallbackFor: (call) => fallbackFor(call, named),
      afterUrl: `${publicUrl}/webhooks/${provider.name}/after${named === null ? '' : `?agent=${named}`}`,
      answers,
      onOutcome(outcome) {
        isTold = true;
        report(log, provider.name, outcome, seen);
      },
    });
    const response = await handle(webhook);
    if (unremembered.has(response)) seen.answered('declined', { error: noRoom });
    else if (!isTold) seen.answered('repeated');
    return response;
  }

  return {
    voice: (named) => (webhook) => voice(named, webhook),
    async after(request) {
      const read = await readWebhook(provider, request);
      if ('refused' in read) {
        const { status } = read.refused;
        report(log, provider.name, { type: 'refused', status, reason: read.reason }, watched(request));
        return read.refused;
      }
      const ending = await sessions.endingOf(provider.name, read.call.id).catch(() => null);
      if (!wasCutOff(ending)) return provider.hangUp();
      const named = readForm(queryOf(request.url))?.get('agent') ?? null;
      return provider.decline(fallbackFor(read.call, named));
    },
  };
}

function report(log: Log, provider: string, outcome: WebhookOutcome, seen: RequestObserver): void {
  if (outcome.type === 'refused') {
    const { status, reason } = outcome;
    log.warn({ provider, status, reason }, 'webhook refused');
    seen.answered(status === 403 ? 'forbidden' : 'malformed');
  } else if (outcome.type === 'connected') {
    log.info({ provider, session: outcome.sessionId, ...loggedCall(outcome.call) }, 'call started');
    seen.answered('started', { sessionId: outcome.sessionId });
  } else {
    log.warn(
      { provider, ...loggedCall(outcome.call), ...loggedError(outcome.error) },
      'caller hears the fallback',
    );
    seen.answered('declined', { error: outcome.error });
  }
}
