import type { Answers, MemoryAnswersOptions } from '../shared/answers.ts';
import { GatewayError } from '../shared/errors.ts';
import { queryOf, readForm } from '../shared/form.ts';
import type { HttpHandler, HttpRequest, HttpResponse } from '../shared/http.ts';
import type { Provider } from '../shared/provider.ts';
import { readWebhook, voiceWebhook, type WebhookOutcome } from '../shared/voice-webhook.ts';
import { DIALLED, type Outbound } from './calls/outbound.ts';
import { TOKEN_TTL } from '../shared/start.ts';
import { type Limits } from './limits.ts';
import { loggedCall, loggedError, type Log } from './log.ts';
import type { Observer, RequestObserver } from './observe/observer.ts';
import type { SessionStore } from './sessions/store.ts';
import type { LocalStart } from './start.ts';
import { afterUrl, courseOf, hopIn, type Course, type CourseOptions, type Turn } from './steps/course.ts';
import { DEFAULT_STEPS } from './steps/steps.ts';

export interface WebhookOptions extends CourseOptions {
  /** Whose agents are meant by a bare name: the first organisation's. */
  readonly organization: string;
  readonly start: LocalStart;
  readonly outbound: Pick<Outbound, 'answered'>;
  readonly sessions: SessionStore;
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

/** Answers for which there was no room: no webhook of before got them. */
const unremembered = new WeakSet<HttpResponse>();
function withoutRoom(response: HttpResponse): HttpResponse {
  unremembered.add(response);
  return response;
}
const noRoom = new GatewayError('ERR_STORE_FULL', 'no more answers can be remembered');

export function providerWebhooks(provider: Provider, options: WebhookOptions): ProviderWebhooks {
  const { agents, router, organization, publicUrl, now, observer, log } = options;
  const course = courseOf(provider, options);
  const base = `${publicUrl}/webhooks/${provider.name}`;
  const watched = ({ method, headers: { traceparent } }: HttpRequest): RequestObserver =>
    observer.request({ via: 'webhook', method, provider: provider.name, traceparent });
  const whenFull = async (): Promise<HttpResponse> => withoutRoom(provider.decline(DEFAULT_STEPS.no_session));
  // One memory for all paths of a provider: a call is the same call wherever its webhook was sent, until we hand it on.
  const answers = options.answers({ now, ttl: TOKEN_TTL, max: options.limits.maxPending, whenFull });

  async function voice(named: string | null, webhook: HttpRequest): Promise<HttpResponse> {
    const seen = watched(webhook);
    const query = readForm(queryOf(webhook.url));
    const sealed = hopIn(webhook.url);
    const dialled = query?.get(DIALLED);
    let isTold = false;
    let routed: Turn | null = null;
    const handle = voiceWebhook({
      provider,
      start: async ({ call, ...request }) => {
        if (call && dialled !== undefined) {
          return options.outbound.answered(dialled, named ?? '', provider.name, call);
        }
        if (call) routed = course.turnAt(call, named, webhook.url);
        if (routed) observer.routed(routed.route, routed.agent);
        const agent = routed?.agent ?? agents.inOrganization(organization, named);
        return options.start(agent.organization, { ...request, call, agent: agent.name }, seen);
      },
      agentFor: () => named,
      // Who answers a call of ours without a bot hears nothing: it is they who were rung.
      stepsFor(call) {
        if (dialled !== undefined) return [];
        const turn = course.find(call, named, webhook.url);
        const refusal = turn ? null : router.refusalFor(call, provider, named);
        return refusal ?? course.withoutSession(call, turn);
      },
      afterUrl: afterUrl(base, named, sealed),
      streamStatusUrl: provider.readStreamStatus ? `${base}/stream` : null,
      answers,
      // Handed on, it is another call to us; the seal makes that ours to say. What has none is never kept.
      keyOf: ({ id }) => (sealed === undefined ? id : `${id} ${named} ${sealed}`),
      onOutcome(outcome) {
        isTold = true;
        report(log, provider.name, outcome, seen, routed);
      },
    });
    const response = await handle(webhook);
    if (unremembered.has(response)) seen.answered('declined', { error: noRoom });
    else if (!isTold) seen.answered('repeated');
    return response;
  }

  return {
    voice: (named) => (webhook) => voice(named, webhook),
    after: afterWebhook(provider, course, watched, options),
  };
}

function afterWebhook(
  provider: Provider,
  course: Course,
  watched: (request: HttpRequest) => RequestObserver,
  { sessions, log }: WebhookOptions,
): HttpHandler {
  return async (request) => {
    const read = await readWebhook(provider, request);
    if ('refused' in read) {
      const { status } = read.refused;
      report(log, provider.name, { type: 'refused', status, reason: read.reason }, watched(request));
      return read.refused;
    }
    const { call } = read;
    const named = readForm(queryOf(request.url))?.get('agent') ?? null;
    const turn = course.find(call, named, request.url);
    const last = await sessions.endingOf(provider.name, call.id).catch(() => null);
    const { moment, steps } = course.afterStream(call, turn, last);
    const said = moment === null ? 'stream over, and the call' : 'stream over, call goes on';
    log.info({ provider: provider.name, ...loggedCall(call), moment }, said);
    return moment === null ? provider.hangUp() : provider.decline(steps, call);
  };
}

function report(
  log: Log,
  provider: string,
  outcome: WebhookOutcome,
  seen: RequestObserver,
  routed: Turn | null = null,
): void {
  if (outcome.type === 'refused') {
    const { status, reason } = outcome;
    log.warn({ provider, status, reason }, 'webhook refused');
    seen.answered(status === 403 ? 'forbidden' : 'malformed');
  } else if (outcome.type === 'connected') {
    const to = routed && { agent: routed.agent.name, route: routed.route };
    log.info({ provider, session: outcome.sessionId, ...to, ...loggedCall(outcome.call) }, 'call started');
    seen.answered('started', { sessionId: outcome.sessionId });
  } else {
    log.warn(
      { provider, ...loggedCall(outcome.call), ...loggedError(outcome.error) },
      'caller hears the fallback',
    );
    seen.answered('declined', { error: outcome.error });
  }
}
