import { memoryAnswers } from './answers.ts';
import { readGroup, type Env } from './env.ts';
import { GatewayError } from './errors.ts';
import type { HttpHandler } from './http.ts';
import { isLoopback } from './loopback.ts';
import type { Fallback, ProviderModule, Tools } from './provider.ts';
import { startOver, TOKEN_TTL } from './start.ts';
import { voiceWebhook } from './voice-webhook.ts';

const MAX_ANSWERS = 10_000;
const SORRY = 'Nobody can talk to you right now. Please call again later.';

/**
 * The voice webhook away from the gateway, all from variables: the provider's own and
 *
 * - HOOKSWITCH_START_URL: the whole URL of /start; https, or http on this machine.
 * - HOOKSWITCH_PUBLIC_KEY: `pk_…`
 * - HOOKSWITCH_AGENT: who takes the calls; default: the default agent, or the one in the URL.
 * - HOOKSWITCH_WEBSOCKET_AUTH: "none" for agents that ask for no token and take no body; default "token".
 * - HOOKSWITCH_FALLBACK: a sentence the caller hears when there is no session.
 * - PUBLIC_URL: what carriers know us by, before the path the runtime sees; default: what the runtime says. Behind an API
 *   mapping of AWS, whose paths lack the mapping, it must be set.
 *
 * Answers are remembered in this process only: a retry that reaches another instance starts a second session, which
 * nobody joins and whose token dies unused.
 *
 * Throws ERR_CONFIG_INVALID.
 */
export function remoteVoiceWebhook(
  module: ProviderModule,
  env: Env,
  { fetch, now }: Tools = { fetch: (...request) => globalThis.fetch(...request), now: Date.now },
): HttpHandler {
  const provider = module.configure(env);
  if (!provider) throw invalid(`${module.variables.join(' and ')} must be set`);
  const settings = readGroup(env, ['HOOKSWITCH_START_URL', 'HOOKSWITCH_PUBLIC_KEY']);
  if (!settings) throw invalid('HOOKSWITCH_START_URL and HOOKSWITCH_PUBLIC_KEY must be set');
  const publicUrl = readUrl(env, 'PUBLIC_URL');
  const agent = env['HOOKSWITCH_AGENT'] || null;
  const fallback: Fallback = { say: env['HOOKSWITCH_FALLBACK'] || SORRY };

  const start = startOver({
    startUrl: readUrl(env, 'HOOKSWITCH_START_URL') ?? settings.HOOKSWITCH_START_URL,
    publicKey: settings.HOOKSWITCH_PUBLIC_KEY,
    withBody: readAuth(env) === 'token',
    fetch,
  });
  const whenFull = async (): ReturnType<HttpHandler> => provider.decline(fallback);
  const handler = voiceWebhook({
    provider,
    start,
    agentFor: () => agent,
    fallbackFor: () => fallback,
    afterUrl: null,
    answers: memoryAnswers({ now, ttl: TOKEN_TTL, max: MAX_ANSWERS, whenFull }),
  });
  return publicUrl === null
    ? handler
    : (request) => handler({ ...request, url: rebased(request.url, publicUrl) });
}

/** The same path and query under another origin. */
function rebased(url: string, publicUrl: string): string {
  return publicUrl + url.replace(/^[a-z]+:\/\/[^/?#]*/i, '');
}

/** Without a slash at its end. Null when not set. Plain http is for this machine only: keys and calls travel there. */
function readUrl(env: Env, name: string): string | null {
  const text = env[name];
  if (!text) return null;
  const url = URL.canParse(text) ? new URL(text) : null;
  const isLocal = url !== null && isLoopback(url.hostname);
  if (url?.protocol !== 'https:' && !(isLocal && url.protocol === 'http:')) {
    throw invalid(`${name} must be an https URL`);
  }
  if (/[?#@]/.test(text)) throw invalid(`${name} must have no query, no fragment and no user`);
  return url.href.replace(/\/$/, '');
}

function readAuth(env: Env): 'none' | 'token' {
  const auth = env['HOOKSWITCH_WEBSOCKET_AUTH'] || 'token';
  if (auth === 'none' || auth === 'token') return auth;
  throw invalid('HOOKSWITCH_WEBSOCKET_AUTH must be "none" or "token"');
}

function invalid(message: string): GatewayError {
  return new GatewayError('ERR_CONFIG_INVALID', message);
}
