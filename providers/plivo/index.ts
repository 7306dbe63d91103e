import type { ProviderModule } from '../../shared/provider.ts';
import { connect, decline, hangUp } from './answer.ts';
import { readCall } from './call.ts';
import { carrier } from './carrier.ts';
import { inventCredentials, readSettings, variables } from './settings.ts';
import { verify } from './signature.ts';
import { stream } from './stream.ts';

/** Plivo Voice: Plivo XML and Audio Streaming. */
export const plivo: ProviderModule = {
  name: 'plivo',
  variables,
  stream,
  configure(env) {
    const settings = readSettings(env);
    if (!settings) return null;
    return {
      name: 'plivo',
      signsUrl: true,
      verify: async (request) => verify(request, settings.authTokens),
      readCall,
      connect,
      decline,
      hangUp,
    };
  },
  carrier,
  inventCredentials,
};
