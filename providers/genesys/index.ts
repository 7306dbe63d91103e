import type { ProviderModule } from '../../shared/provider.ts';
import { carrier } from './carrier.ts';
import { inventCredentials, readSettings, variables } from './settings.ts';
import { upgradeVerifier } from './signature.ts';
import { stream } from './stream.ts';

/** Genesys Cloud Audio Connector: AudioHook streams, signed, and no webhook. */
export const genesys: ProviderModule = {
  name: 'genesys',
  variables,
  stream,
  configure: () => null,
  streamsOnly(env) {
    const settings = readSettings(env);
    if (!settings) return null;
    return {
      name: 'genesys',
      owns: ({ accountId }) => accountId === settings.organizationId,
      verifyUpgrade: upgradeVerifier(settings),
    };
  },
  carrier,
  inventCredentials,
};
