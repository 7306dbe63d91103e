import { randomBytes } from 'node:crypto';
import { GatewayError } from '../../shared/errors.ts';
import type { HttpRequest } from '../../shared/http.ts';
import type { Provider, ProviderModule, SignatureCheck, UpgradeRequest } from '../../shared/provider.ts';
import type { Address } from '../address.ts';
import { loggedError, type Log } from '../log.ts';
import { maskToken, type TokenSigner } from '../token.ts';
import type { Signers } from '../upgrade-signature.ts';
import type { Refusal, RefusalBook } from './book.ts';
import { judgedOf, partsOf, UNTRIED, type Explanation } from './explanation.ts';
import { explainSignature, type FailedCheck, type Surroundings } from './signature.ts';
import { explainToken } from './token.ts';

/** Refusals that are explained in one second, so that a flood costs a tenth of a core; of the others the log has the reason. */
export const MAX_EXPLAINED = 3;

/** Looks, after a refusal, for what would have to change. What it finds is for the operator, and never for the sender. */
export interface Explainer {
  /** The id under which the explanation will be found; null when there are too many in this second. */
  webhook(provider: Provider, request: HttpRequest, check: FailedSignature): string | null;
  socket(address: Address, upgrade: UpgradeRequest, error: unknown): string | null;
  /** `target`: of its upgrade. `callId`: what the stream said; no session waited for it. */
  stream(endpoint: string, target: string, callId: string): string | null;
}

export type FailedSignature = Extract<SignatureCheck, { ok: false }>;

export interface ExplainerOptions {
  readonly providers: readonly Provider[];
  readonly modules: readonly Pick<ProviderModule, 'name' | 'variables'>[];
  /** Carriers without a webhook included. */
  readonly signers: Signers;
  readonly streamsOnly: ReadonlyMap<string, object>;
  readonly tokens: Pick<TokenSigner, 'inspect'>;
  readonly surroundings: Surroundings;
  readonly book: RefusalBook;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Log;
}

export function explainer(options: ExplainerOptions): Explainer {
  const { book, now, log } = options;
  const mayExplain = budget(MAX_EXPLAINED, now);

  function explainLater(
    door: Refusal['door'],
    endpoint: string,
    explain: () => Explanation | Promise<Explanation>,
  ): string | null {
    if (!mayExplain()) return null;
    const id = randomBytes(4).toString('hex');
    const at = now();
    void Promise.resolve()
      .then(explain)
      .then((explanation) => told({ id, at, door, endpoint, explanation }))
      .catch((error: unknown) =>
        log.error({ refusal: id, ...loggedError(error) }, 'a refusal was not explained'),
      );
    return id;
  }

  function told(refusal: Refusal): void {
    book.add(refusal);
    const { id, door, endpoint, explanation } = refusal;
    const { cause, sentence, setting, tried, judged } = explanation;
    log.warn({ refusal: id, door, endpoint, cause, sentence, setting, tried, judged }, 'refusal explained');
  }

  return {
    webhook: (provider, request, check) =>
      explainLater('webhook', provider.name, () => explainWebhook(provider, request, check, options)),
    socket(address, upgrade, error) {
      const code = error instanceof GatewayError ? error.code : null;
      if (code !== 'ERR_TOKEN_REFUSED' && code !== 'ERR_SIGNATURE_REFUSED') return null;
      return explainLater('socket', address.endpoint, () =>
        code === 'ERR_TOKEN_REFUSED'
          ? explainTokenAt(address, upgrade, options)
          : explainUpgrade(address, upgrade, options),
      );
    },
    stream: (endpoint, target, callId) =>
      explainLater('stream', endpoint, () => unknownCall(endpoint, target, callId, options)),
  };
}

/** True as often as `limit` times in each second. */
function budget(limit: number, now: () => number): () => boolean {
  let second = 0;
  let spent = 0;
  return () => {
    const current = Math.floor(now() / 1000);
    if (current !== second) [second, spent] = [current, 0];
    spent += 1;
    return spent <= limit;
  };
}

/** The same provider, whose failed checks are explained. The reason, which is for our log, says where. */
export function explainedProvider(provider: Provider, { webhook }: Pick<Explainer, 'webhook'>): Provider {
  return {
    ...provider,
    async verify(request) {
      const check = await provider.verify(request);
      const id = check.ok ? null : webhook(provider, request, check);
      return check.ok || id === null
        ? check
        : { ...check, reason: `${check.reason}: hookswitch explain ${id}` };
    },
  };
}

export type Sources = Pick<
  ExplainerOptions,
  'providers' | 'modules' | 'signers' | 'streamsOnly' | 'tokens' | 'surroundings' | 'now'
>;

export function explainWebhook(
  provider: Provider,
  request: HttpRequest,
  check: FailedSignature,
  { providers, modules, surroundings }: Sources,
): Promise<Explanation> {
  const others = providers.filter(({ name }) => name !== provider.name);
  const failed: FailedCheck = {
    provider,
    variables: variablesOf(provider.name, modules),
    signsUrl: provider.signsUrl,
    verify: (variant) => provider.verify(variant),
    others: others.map((other) => ({ provider: other, verify: (same) => other.verify(same) })),
  };
  const { name } = provider;
  const paths = ['', ...surroundings.agents.map((agent) => `/${agent.name}`)].map(
    (rest) => `/webhooks/${name}${rest}`,
  );
  return explainSignature(request, check, failed, { ...surroundings, paths: under(paths, surroundings) });
}

/** Agents whose paths are tried. */
const MAX_PATHS = 10;

function under(paths: readonly string[], { publicUrl }: Surroundings): string[] {
  return paths.slice(0, MAX_PATHS).map((path) => partsOf(publicUrl).path + path);
}

function variablesOf(name: string, modules: ExplainerOptions['modules']): readonly string[] {
  return modules.find((module) => module.name === name)?.variables ?? [];
}

/** Of a socket whose signature was refused: by the carrier, by where it came, or because it is of a carrier that signs none. */
export async function explainUpgrade(
  address: Address,
  upgrade: UpgradeRequest,
  { modules, signers, surroundings }: Sources,
): Promise<Explanation> {
  const { endpoint } = address;
  const request = masked(upgrade);
  const signer = signers.get(endpoint);
  const judged = judgedOf(request, surroundings.mask);
  if (!signer) {
    return {
      cause: 'unsigned-carrier',
      sentence: `the agent asks for the carrier's signature on the upgrade, and there is none at /ws/${endpoint}: ${endpoint} signs no upgrades, or has no credentials here`,
      setting: `websocket_auth = "token" for this agent, without websocket_signature; or the credentials of a carrier that signs: ${[...signers.keys()].join(', ') || 'none has any here'}`,
      judged,
      tried: UNTRIED,
      matched: null,
    };
  }
  const check = signer.verifyUpgrade(upgrade);
  if (check.ok) {
    return {
      cause: 'address',
      sentence:
        'the signature is right, the address is not: where the signature alone is asked for, nothing may follow the service host',
      setting: `the URL of the stream: the wsUrl of /start as it is, /ws/${endpoint}/{agent}.{organization}`,
      judged,
      tried: UNTRIED,
      matched: null,
    };
  }
  const verify = ({ url, headers }: UpgradeRequest): SignatureCheck => signer.verifyUpgrade({ url, headers });
  const others = [...signers].filter(([name]) => name !== endpoint);
  const failed: FailedCheck = {
    provider: { name: endpoint },
    variables: variablesOf(endpoint, modules),
    signsUrl: true,
    verify,
    others: others.map(([name, other]) => ({
      provider: { name },
      verify: (same) => other.verifyUpgrade(same),
    })),
  };
  const asked = { method: 'GET', url: upgrade.url, headers: upgrade.headers, body: '' };
  const paths = under(
    surroundings.agents.map(({ serviceHost }) => `/ws/${endpoint}/${serviceHost}`),
    surroundings,
  );
  return { ...(await explainSignature(asked, check, failed, { ...surroundings, paths })), judged };
}

export function explainTokenAt(
  address: Address,
  upgrade: UpgradeRequest,
  { tokens, streamsOnly, surroundings, now }: Sources,
): Explanation {
  const judged = judgedOf(masked(upgrade), surroundings.mask);
  const { endpoint, serviceHost, token } = address;
  if (streamsOnly.has(endpoint)) {
    return {
      cause: 'stream-secret',
      sentence: `${endpoint} has no webhook and brings a static secret in the path: ${token === null ? 'there is none' : `what stands there is none of ${serviceHost ?? 'any agent'}`}`,
      setting: `HOOKSWITCH_STREAM_SECRETS of the gateway, and the URL in the console of ${endpoint}: the same secret in both`,
      judged,
      tried: UNTRIED,
      matched: null,
    };
  }
  return { ...explainToken(address, tokens, now()), judged, tried: UNTRIED };
}

function unknownCall(
  endpoint: string,
  target: string,
  callId: string,
  { surroundings: { publicUrl, mask } }: Sources,
): Explanation {
  return {
    cause: 'call-unknown',
    sentence: `the carrier has signed the upgrade, but no session waits for the call …${callId.slice(-4)}: its webhook did not come here, the session was used already, or it is older than 300 s`,
    setting: `the URL in the console of ${endpoint}: /webhooks/${endpoint} of this gateway, or of one with the same store. A stream that comes a second time is refused, always`,
    judged: judgedOf({ method: 'GET', url: publicUrl.replace(/^http/, 'ws') + target }, mask),
    tried: UNTRIED,
    matched: null,
  };
}

/** What may be shown of an upgrade's URL: of whatever stands where a token stands, whether it counted or not, the mask. */
function masked({ url }: UpgradeRequest): { method: string; url: string } {
  const hidden = url.replace(
    /(\/ws\/[^/?]+\/[^/?]+\/)([^?]+)/,
    (_, before: string, token: string) => before + maskToken(token),
  );
  return { method: 'GET', url: hidden };
}
