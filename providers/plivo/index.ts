import type { ProviderModule } from '../../shared/provider.ts';
import { connect, decline, hangUp } from './answer.ts';
import { readCall } from './call.ts';
import { carrier } from './carrier.ts';
import { control } from './control.ts';
import { desk } from './desk.ts';
import { numbers } from './numbers.ts';
import { inventCredentials, readSettings, variables } from './settings.ts';
import { verify, verifyUpgrade } from './signature.ts';
import { readStatus, readStreamStatus } from './status.ts';
import { stream } from './stream.ts';

/** Plivo Voice: Plivo XML and Audio Streaming. */
export const plivo: ProviderModule = {
  name: 'plivo',
  variables,
  options: ['PLIVO_API_URL'],
  stream,
  signsParameters: true,
  configure(env) {
    const settings = readSettings(env);
    if (!settings) return null;
    return {
      name: 'plivo',
      signsUrl: true,
      verify: async (request) => verify(request, settings.authTokens),
      verifyUpgrade: (upgrade) => verifyUpgrade(upgrade, settings.authTokens),
      readCall,
      connect,
      decline,
      hangUp,
      readStatus,
      readStreamStatus,
      // Any 2xx is taken as far as known; 200 is what Plivo's own samples answer.
      callbackAnswer: 200,
    };
  },
  control,
  desk,
  numbers,
  carrier,
  inventCredentials,
};
