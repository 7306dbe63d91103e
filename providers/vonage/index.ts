import type { ProviderModule } from '../../shared/provider.ts';
import { connect, decline, hangUp } from './answer.ts';
import { readCall } from './call.ts';
import { carrier } from './carrier.ts';
import { inventCredentials, readSettings, variables } from './settings.ts';
import { verify } from './signature.ts';
import { readStatus } from './status.ts';
import { stream } from './stream.ts';

/** Vonage Voice API: call control objects (NCCO) and WebSockets of 16-bit audio. */
export const vonage: ProviderModule = {
  name: 'vonage',
  variables,
  stream,
  configure(env) {
    const settings = readSettings(env);
    if (!settings) return null;
    return {
      name: 'vonage',
      signsUrl: false,
      bodyType: 'json',
      verify: async (request) => verify(request, settings, Date.now()),
      readCall,
      connect,
      decline,
      hangUp,
      readStatus,
    };
  },
  carrier,
  inventCredentials,
};
