import type { ProviderModule } from '../../shared/provider.ts';
import { connect, decline, hangUp } from './answer.ts';
import { readCall } from './call.ts';
import { carrier } from './carrier.ts';
import { control } from './control.ts';
import { desk } from './desk.ts';
import { numbers } from './numbers.ts';
import { inventCredentials, options, readSettings, variables } from './settings.ts';
import { verify } from './signature.ts';
import { readers } from './status.ts';
import { stream } from './stream.ts';

/** Telnyx TeXML: TeXML documents and media streaming. */
export const telnyx: ProviderModule = {
  name: 'telnyx',
  variables,
  options,
  stream,
  webhookVariables: ['TELNYX_PUBLIC_KEY'],
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
      ...readers,
      // Anything else makes Telnyx try again: https://developers.telnyx.com/api-reference/callbacks/texml-stream (read 2026-11-21)
      callbackAnswer: 200,
    };
  },
  control,
  desk,
  numbers,
  carrier,
  inventCredentials,
};
