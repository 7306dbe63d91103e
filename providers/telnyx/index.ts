import type { ProviderModule } from '../../shared/provider.ts';
import { connect, decline, hangUp } from './answer.ts';
import { readCall } from './call.ts';
import { carrier } from './carrier.ts';
import { inventCredentials, readSettings, variables } from './settings.ts';
import { verify } from './signature.ts';
import { stream } from './stream.ts';

/** Telnyx TeXML: TeXML documents and media streaming. */
export const telnyx: ProviderModule = {
  name: 'telnyx',
  variables,
  stream,
  configure(env) {
    const settings = readSettings(env);
    if (!settings) return null;
    return {
      name: 'telnyx',
      signsUrl: false,
      verify: (request) => verify(request, settings.publicKeys),
      readCall,
      connect,
      decline,
      hangUp,
    };
  },
  carrier,
  inventCredentials,
};
