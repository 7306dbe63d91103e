import type { ProviderModule } from '../../shared/provider.ts';
import { carrier } from './carrier.ts';
import { inventCredentials, readSettings, variables } from './settings.ts';
import { stream } from './stream.ts';

/** Exotel AgentStream: the Voicebot applet opens the stream by itself, and there is no webhook. */
export const exotel: ProviderModule = {
  name: 'exotel',
  variables,
  stream,
  configure: () => null,
  streamsOnly(env) {
    const settings = readSettings(env);
    return settings && { name: 'exotel', owns: ({ accountId }) => accountId === settings.accountSid };
  },
  carrier,
  inventCredentials,
};
