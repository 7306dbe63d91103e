import type { HttpHandler } from '../../shared/http.ts';
import type { Provider } from '../../shared/provider.ts';
import type { Organization } from '../agents.ts';
import { keyRing } from '../keys.ts';
import type { MasterSecret } from '../secrets.ts';
import { commandRoutes, type CommandOptions, type CommandRoute } from './commands.ts';
import { outbound, type Outbound, type OutboundOptions } from './outbound.ts';
import { transferDocument, transfers } from './transfers.ts';

/** What is done with calls over the carriers' REST interfaces, and the documents for it: docs/call-control.md. */
export interface Calls {
  readonly outbound: Outbound;
  readonly commands: readonly CommandRoute[];
  /** By provider name: the document that hands a call to a phone. */
  readonly transfers: ReadonlyMap<string, HttpHandler>;
}

export function callsOver(
  options: Omit<CommandOptions & OutboundOptions, 'organizationOf' | 'transfers'> & {
    readonly organizations: readonly Organization[];
    readonly secrets: readonly MasterSecret[];
    readonly providers: readonly Provider[];
  },
): Calls {
  const { organizations, secrets, providers, log } = options;
  const sealed = transfers(secrets);
  return {
    outbound: outbound({ ...options, organizationOf: keyRing(organizations, 'public') }),
    commands: commandRoutes({
      ...options,
      transfers: sealed,
      organizationOf: keyRing(organizations, 'private'),
    }),
    transfers: new Map(providers.map((provider) => [provider.name, transferDocument(provider, sealed, log)])),
  };
}
