import { memoryAnswers } from './answers.ts';
import type { Env } from './env.ts';
import { GatewayError } from './errors.ts';
import type { HttpHandler, HttpRequest } from './http.ts';
import type { Provider, ProviderModule, StreamTarget, Tools } from './provider.ts';
import { readRemoteSettings } from './remote-settings.ts';
import { startOver, TOKEN_TTL, type StartRequest } from './start.ts';
import { voiceWebhook, type WebhookOutcome } from './voice-webhook.ts';

const MAX_ANSWERS = 10_000;

export interface RemoteTools extends Tools {
  /** One sentence for the platform's log about each webhook. No secret, no phone number. */
  readonly log: (line: string) => void;
}

const here: RemoteTools = {
  fetch: (...request) => globalThis.fetch(...request),
  now: Date.now,
  log: () => {},
};

/**
 * The voice webhook away from the gateway, all from variables: the provider's own and
 *
 * - HOOKSWITCH_START_URL: the whole URL of /start; https, or http on this machine.
 * - HOOKSWITCH_PUBLIC_KEY: `pk_…`
 * - HOOKSWITCH_START_API: "hookswitch", or "pipecat-cloud", which takes less; default: by the host of the URL.
 * - HOOKSWITCH_AGENT: who takes the calls; default: the default agent, or the one in the URL.
 * - HOOKSWITCH_NUMBERS: called numbers that get a session, E.164, with commas; default: all. For carriers whose signature does
 *   not cover the URL, so that a captured webhook of another number starts nothing here.
 * - HOOKSWITCH_WEBSOCKET_AUTH: "none" for agents that ask for no token and take no body; default "token".
 * - HOOKSWITCH_FALLBACK, …_PLAY, …_DIAL, …_REDIRECT: a sentence the caller hears when there is no session, the URL of an
 *   audio file, a number to dial, the URL of another document; those that are set, in this order.
 * - HOOKSWITCH_CALLBACKS_URL: public URL of a gateway with this carrier's credentials, which is told of the stream and says what
 *   follows when a bot is lost; default: the call ends with its stream.
 * - PUBLIC_URL: what carriers know us by, before the path the runtime sees; default: what the runtime says. Behind an API
 *   mapping of AWS, whose paths lack the mapping, it must be set.
 *
 * Answers are remembered in this process only: a retry that reaches another instance starts a second session, which
 * nobody joins and whose token dies unused.
 *
 * Throws ERR_CONFIG_INVALID.
 */
export function remoteVoiceWebhook(
  module: Pick<ProviderModule, 'variables' | 'webhookVariables' | 'configure'>,
  env: Env,
  tools: Partial<RemoteTools> = {},
): HttpHandler {
  const { fetch, now, log } = { ...here, ...tools };
  const { variables, webhookVariables = variables } = module;
  const provider = module.configure(withUnneeded(module, env));
  if (!provider) {
    throw new GatewayError('ERR_CONFIG_INVALID', `${webhookVariables.join(' and ')} must be set`);
  }
  const { agent, numbers, publicUrl, callbacksUrl, steps, ...remote } = readRemoteSettings(env);
  const start = startOver({ ...remote, fetch });
  const whenFull = async (): ReturnType<HttpHandler> => provider.decline(steps);
  const options = {
    provider,
    start: async (request: StartRequest) => {
      if (numbers.length === 0 || numbers.includes(request.call?.to ?? '')) return start(request);
      throw new GatewayError('ERR_AGENT_UNKNOWN', 'the called number is not one of HOOKSWITCH_NUMBERS');
    },
    agentFor: () => agent,
    stepsFor: () => steps,
    ...(callbacksUrl === null ? { afterUrl: null } : callbacksAt(callbacksUrl, provider, agent)),
    answers: memoryAnswers({ now, ttl: TOKEN_TTL, max: MAX_ANSWERS, whenFull }),
  };
  return (asked) => {
    const request = publicUrl === null ? asked : { ...asked, url: rebased(asked.url, publicUrl) };
    const onOutcome = (outcome: WebhookOutcome): void => log(sentenceOf(outcome, request));
    return voiceWebhook({ ...options, onOutcome })(request);
  };
}

/** The carrier's group of variables is one: what a webhook does not need may be left out, and then it is this. */
function withUnneeded(
  { variables, webhookVariables = variables }: Pick<ProviderModule, 'variables' | 'webhookVariables'>,
  env: Env,
): Env {
  const isGiven = webhookVariables.some((name) => env[name]);
  const others = variables.filter((name) => isGiven && !webhookVariables.includes(name) && !env[name]);
  return { ...env, ...Object.fromEntries(others.map((name) => [name, 'not-needed-here'])) };
}

/** Where a gateway takes what the carrier asks and reports later: as in the documents of its own. */
function callbacksAt(
  gateway: string,
  provider: Provider,
  agent: string | null,
): Pick<StreamTarget, 'afterUrl' | 'streamStatusUrl'> {
  const webhooks = `${gateway}/webhooks/${provider.name}`;
  return {
    afterUrl: `${webhooks}/after${agent === null ? '' : `?agent=${agent}`}`,
    streamStatusUrl: provider.readStreamStatus ? `${webhooks}/stream` : null,
  };
}

/** The same path and query under another origin. */
function rebased(url: string, publicUrl: string): string {
  return publicUrl + url.replace(/^[a-z]+:\/\/[^/?#]*/i, '');
}

function sentenceOf(outcome: WebhookOutcome, { url }: HttpRequest): string {
  if (outcome.type === 'refused') {
    const { status, reason } = outcome;
    return `webhook refused with ${status}: ${reason} (URL: ${url.replace(/\?.*/s, '')})`;
  }
  const { id } = outcome.call;
  if (outcome.type === 'connected') return `call ${id} has session ${outcome.sessionId}`;
  const { error } = outcome;
  return `call ${id} hears the fallback: ${error instanceof GatewayError ? error.message : 'unexpected failure'}`;
}
