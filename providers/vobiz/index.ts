import type { ProviderModule } from '../../shared/provider.ts';
import { connect, decline, hangUp } from '../plivo/answer.ts';
import { readStatus } from '../plivo/status.ts';
import { readCall } from './call.ts';
import { carrier } from './carrier.ts';
import { inventCredentials, readSettings, variables } from './settings.ts';
import { verifier } from './signature.ts';
import { readStreamStatus } from './status.ts';
import { stream } from './stream.ts';

/** Vobiz: VobizXML and its streams, a dialect of Plivo's. */
export const vobiz: ProviderModule = {
  name: 'vobiz',
  variables,
  stream,
  signsParameters: true,
  configure(env) {
    const settings = readSettings(env);
    if (!settings) return null;
    const verify = verifier(settings.authTokens);
    return {
      name: 'vobiz',
      signsUrl: true,
      verify: async (request) => verify(request),
      readCall,
      connect,
      decline,
      hangUp,
      readStatus,
      readStreamStatus,
      callbackAnswer: 200,
    };
  },
  carrier,
  inventCredentials,
};
