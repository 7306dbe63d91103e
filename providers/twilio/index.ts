import type { ProviderModule } from '../../shared/provider.ts';
import { connect, decline, hangUp } from './answer.ts';
import { readCall } from './call.ts';
import { carrier } from './carrier.ts';
import { control } from './control.ts';
import { desk } from './desk.ts';
import { numbers } from './numbers.ts';
import { inventCredentials, readSettings, variables } from './settings.ts';
import { verify, verifyUpgrade } from './signature.ts';
import { readers } from './status.ts';
import { stream } from './stream.ts';

/** Twilio Programmable Voice: TwiML and Media Streams. */
export const twilio: ProviderModule = {
  name: 'twilio',
  variables,
  options: ['TWILIO_API_URL'],
  stream,
  signsParameters: true,
  configure(env) {
    const settings = readSettings(env);
    if (!settings) return null;
    return {
      name: 'twilio',
      signsUrl: true,
      verify: async (request) => verify(request, settings),
      verifyUpgrade: (upgrade) => verifyUpgrade(upgrade, settings),
      readCall: (request) => readCall(request, settings.accountSid),
      connect,
      decline,
      hangUp,
      ...readers(settings.accountSid),
    };
  },
  control,
  desk,
  numbers,
  carrier,
  inventCredentials,
};
