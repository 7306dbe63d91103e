import type { ProviderModule } from '../../shared/provider.ts';
import { UUID } from '../../shared/uuid.ts';
import { decline, hangUp } from '../twilio/answer.ts';
import { readCall } from '../twilio/call.ts';
import { verify } from '../twilio/signature.ts';
import { connect } from './answer.ts';
import { carrier } from './carrier.ts';
import { inventCredentials, readSettings, variables } from './settings.ts';
import { readers } from './status.ts';
import { stream } from './stream.ts';

/** SignalWire's Compatibility API: cXML, a dialect of Twilio's TwiML and Media Streams. */
export const signalwire: ProviderModule = {
  name: 'signalwire',
  variables,
  stream,
  signsParameters: true,
  configure(env) {
    const settings = readSettings(env);
    if (!settings) return null;
    const { projectId: accountSid, signingKeys: authTokens } = settings;
    return {
      name: 'signalwire',
      signsUrl: true,
      verify: async (request) => verify(request, { accountSid, authTokens }, 'X-SignalWire-Signature'),
      readCall: (request) => readCall(request, accountSid, UUID),
      connect,
      decline,
      hangUp,
      ...readers(accountSid),
    };
  },
  carrier,
  inventCredentials,
};
