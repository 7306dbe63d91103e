import type { HttpRequest } from '../../shared/http.ts';
import type { Provider, ProviderModule, StreamsOnly } from '../../shared/provider.ts';
import { readWebhook } from '../../shared/voice-webhook.ts';
import { GatewayError } from '../../shared/errors.ts';
import { readAddress } from '../address.ts';
import { door } from '../admission.ts';
import { agentTable } from '../agents.ts';
import type { Config } from '../config/config.ts';
import { defaultLimits } from '../limits.ts';
import { memoryStore } from '../sessions/memory.ts';
import { tokenSigner, type TokenSigner } from '../token.ts';
import { signersAmong } from '../upgrade-signature.ts';
import { surroundingsOf } from './explain.ts';
import { explainTokenAt, explainUpgrade, explainWebhook, type Sources } from './explainer.ts';
import { partsOf, type Explanation } from './explanation.ts';

/** What this gateway would make of a request: why it is refused; or one sentence, when there is nothing to explain. */
export type Verdict = { readonly explanation: Explanation } | { readonly sentence: string };

export interface SavedRequestOptions {
  readonly config: Config;
  readonly publicUrl: string;
  readonly providers: readonly Provider[];
  readonly streamsOnly: ReadonlyMap<string, StreamsOnly>;
  readonly modules: readonly ProviderModule[];
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * Judges a request that was saved as the gateway would. `url`: where its path lies under /webhooks or /ws counts, its host
 * is only one more that may have been signed. Throws ERR_REQUEST_INVALID when it is neither.
 */
export function explainSaved(saved: HttpRequest, options: SavedRequestOptions): Promise<Verdict> {
  const { host, path, query } = partsOf(saved.url.startsWith('/') ? `x://${saved.url}` : saved.url);
  const [, kind, rest = ''] = /\/(webhooks|ws)(\/.*)?$/.exec(path) ?? [];
  if (kind === undefined) {
    throw new GatewayError(
      'ERR_REQUEST_INVALID',
      `the path of the request, ${path.slice(0, 100)}, is none of a gateway's: it has neither /webhooks/ nor /ws/ in it`,
    );
  }
  const headers = host === '' ? saved.headers : { host, ...saved.headers };
  const target = `/${kind}${rest}${query === null ? '' : `?${query}`}`;
  return kind === 'webhooks'
    ? webhook({ ...saved, headers, url: options.publicUrl + target }, rest, options)
    : socket(target, headers, options);
}

async function webhook(request: HttpRequest, rest: string, options: SavedRequestOptions): Promise<Verdict> {
  const [, name = ''] = rest.split('/');
  const provider = options.providers.find((one) => one.name === name);
  if (!provider) {
    const known = options.providers.map((one) => one.name).join(', ') || 'none';
    return {
      sentence: `nobody answers at /webhooks/${name}: the carriers with credentials here are ${known}`,
    };
  }
  const read = await readWebhook(provider, request);
  if (!('refused' in read)) return { sentence: `this webhook of ${name} is genuine: nothing refuses it` };
  const check = await provider.verify(request);
  if (check.ok || read.refused.status !== 403)
    return { sentence: `refused with ${read.refused.status}: ${read.refused.body}` };
  return { explanation: await explainWebhook(provider, request, check, sourcesOf(options)) };
}

async function socket(
  target: string,
  headers: HttpRequest['headers'],
  options: SavedRequestOptions,
): Promise<Verdict> {
  const { config, modules, publicUrl, streamsOnly, now } = options;
  const endpoints = new Set(['generic', ...modules.map(({ name }) => name)]);
  const address = readAddress(target, [headers['authorization'] ?? []].flat(), endpoints);
  if ('error' in address) return { sentence: `refused with ${address.status}: ${address.error}` };
  const publicWsUrl = publicUrl.replace(/^http/, 'ws');
  const upgrade = { url: publicWsUrl + target, headers };
  const sources = sourcesOf(options);
  const agents = agentTable(config.organizations);
  try {
    const { signers, tokens } = sources;
    door({
      agents,
      tokens,
      signers,
      publicWsUrl,
      streamsOnly,
      now,
      sessions: memoryStore(defaultLimits, now), // it is empty, and nobody is asked before a request is found good
    }).check(address, upgrade);
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    if (error.code === 'ERR_TOKEN_REFUSED') return { explanation: explainTokenAt(address, upgrade, sources) };
    if (error.code === 'ERR_SIGNATURE_REFUSED')
      return { explanation: await explainUpgrade(address, upgrade, sources) };
    return { sentence: `refused: ${error.message}` };
  }
  const isSigned = agents.byServiceHost(address.serviceHost ?? '')?.auth === 'signature';
  return {
    sentence: `nothing in this upgrade is wrong. If it was refused all the same, ${isSigned ? 'no session waited for the call that the stream named' : 'its token was used already, or the store that knows it is another one'}: hookswitch explain <id> on the running gateway says which`,
  };
}

function sourcesOf({
  config,
  modules,
  providers,
  streamsOnly,
  publicUrl,
  now,
}: SavedRequestOptions): Omit<Sources, 'tokens'> & { readonly tokens: TokenSigner } {
  return {
    providers,
    modules,
    streamsOnly,
    signers: signersAmong([...providers, ...streamsOnly.values()]),
    tokens: tokenSigner(config.secrets, now),
    surroundings: surroundingsOf({ config, publicUrl, agents: agentTable(config.organizations) }),
    now,
  };
}
