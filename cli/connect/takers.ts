import { agentTable } from '../../gateway/agents.ts';
import type { Config } from '../../gateway/config/config.ts';
import { router, type RoutingRow, type Share } from '../../gateway/routing.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { ProviderModule } from '../../shared/provider.ts';
import { namedIn } from './webhook-urls.ts';

/** Who takes the calls to a number, and why nobody does. */
export type Takers = RoutingRow | { readonly refusal: string };

/** Who takes a carrier's calls, as the gateway would decide it. `named`: the end of the webhook's path. */
export type TakersFor = (number: string, named: string | null) => Takers;

export function takersOf(config: Config, module: ProviderModule): TakersFor {
  const table = agentTable(config.organizations);
  const routes = router(table, config.routing, config.organizations[0]?.name ?? '');
  // Whether a carrier signs URLs is so whatever its credentials are.
  const webhook = module.configure(module.inventCredentials()) ?? { name: module.name, signsUrl: true };
  return (number, named) => {
    try {
      return routes.rowFor(number, webhook, named);
    } catch (error) {
      if (error instanceof GatewayError) return { refusal: error.message };
      throw error;
    }
  };
}

/** Who takes the calls of a number that asks this URL; null where it is none of ours. */
export function takersAsked(
  url: string,
  number: string,
  {
    publicUrl,
    carrier,
    takersFor,
  }: { readonly publicUrl: string; readonly carrier: string; readonly takersFor: TakersFor },
): Takers | null {
  const asked = namedIn(url, publicUrl, carrier);
  return asked && takersFor(number, asked.named);
}

export function takersText(takers: Takers): string {
  return 'refusal' in takers ? `nobody: ${takers.refusal}` : sharesText(takers.shares);
}

/** "support.local", or "support.local 95 %, next.local 5 %". */
export function sharesText(shares: readonly Share[]): string {
  const [only, ...others] = shares;
  if (only && others.length === 0) return only.agent;
  return shares.map(({ agent, percent }) => `${agent} ${percent} %`).join(', ');
}
