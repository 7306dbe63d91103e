import type { Provider, ProviderModule, StreamsOnly } from '../../shared/provider.ts';
import { serviceHostOf, type AgentTable } from '../agents.ts';
import type { Config } from '../config/config.ts';
import type { ControlRoute } from '../control/routes.ts';
import { keyRing } from '../keys.ts';
import { maskSecrets, type Log } from '../log.ts';
import type { TokenSigner } from '../token.ts';
import { signersAmong } from '../upgrade-signature.ts';
import { memoryBook, type RefusalBook } from './book.ts';
import { explainedProvider, explainer, type Explainer } from './explainer.ts';
import { refusalRoutes } from './routes.ts';
import type { Surroundings } from './signature.ts';

export interface ExplainRefusalsOptions {
  readonly config: Config;
  readonly publicUrl: string;
  readonly agents: AgentTable;
  readonly providers: readonly Provider[];
  readonly streamsOnly: ReadonlyMap<string, StreamsOnly>;
  readonly modules: readonly ProviderModule[];
  readonly tokens: TokenSigner;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Log;
  /** Where refusals are remembered; memory of this process when not given. */
  readonly refusals?: RefusalBook;
}

/** Everything that tells an operator why somebody was not let in. */
export function explainRefusals(options: ExplainRefusalsOptions): {
  /** The same, each of whose refusals is explained. */
  readonly providers: readonly Provider[];
  readonly explainer: Explainer;
  readonly routes: readonly ControlRoute[];
} {
  const { config, providers, streamsOnly, refusals: book = memoryBook() } = options;
  const { organizations } = config;
  const surroundings = surroundingsOf(options);
  const explains = explainer({
    ...options,
    signers: signersAmong([...providers, ...streamsOnly.values()]),
    surroundings,
    book,
  });
  return {
    providers: providers.map((provider) => explainedProvider(provider, explains)),
    explainer: explains,
    routes: refusalRoutes({
      book,
      organizationOf: keyRing(organizations, 'private'),
      organization: organizations[0]?.name ?? '',
    }),
  };
}

export function surroundingsOf({
  config,
  publicUrl,
  agents,
}: Pick<ExplainRefusalsOptions, 'config' | 'publicUrl' | 'agents'>): Surroundings {
  return {
    publicUrl,
    ports: [String(config.port)],
    agents: agents.all.map((agent) => ({ name: agent.name, serviceHost: serviceHostOf(agent) })),
    mask: maskSecrets(config.secretValues),
  };
}
