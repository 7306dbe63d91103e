import type { ProviderModule } from '../../shared/provider.ts';
import { connect, decline, hangUp } from './answer.ts';
import { readCall } from './call.ts';
import { carrier } from './carrier.ts';
import { inventCredentials, readSettings, variables } from './settings.ts';
import { verify } from './signature.ts';
import { readStatus } from './status.ts';
import { stream } from './stream.ts';

/** Jambonz: applications by webhook, and the `listen` verb's WebSockets of 16-bit audio. */
export const jambonz: ProviderModule = {
  name: 'jambonz',
  variables,
  stream,
  configure(env) {
    const settings = readSettings(env);
    if (!settings) return null;
    return {
      name: 'jambonz',
      signsUrl: false,
      bodyType: 'json',
      verify: async (request) => verify(request, settings.webhookSecrets, Date.now()),
      readCall: (request) => readCall(request, settings.accountSid),
      connect,
      decline,
      hangUp,
      readStatus: (request) => readStatus(request, settings.accountSid),
    };
  },
  carrier,
  inventCredentials,
};
