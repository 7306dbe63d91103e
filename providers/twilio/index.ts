import type { ProviderModule } from '../../shared/provider.ts';
import { connect, decline, hangUp } from './answer.ts';
import { readCall } from './call.ts';
import { carrier } from './carrier.ts';
import { inventCredentials, readSettings, variables } from './settings.ts';
import { verify } from './signature.ts';
import { stream } from './stream.ts';

/** Twilio Programmable Voice: TwiML and Media Streams. */
export const twilio: ProviderModule = {
  name: 'twilio',
  variables,
  stream,
  configure(env) {
    const settings = readSettings(env);
    if (!settings) return null;
    return {
      name: 'twilio',
      signsUrl: true,
      verify: async (request) => verify(request, settings),
      readCall: (request) => readCall(request, settings.accountSid),
      connect,
      decline,
      hangUp,
    };
  },
  carrier,
  inventCredentials,
};
