import { remoteVoiceWebhook } from '../../shared/remote-webhook.ts';
import { toTwilioFunction, type TwilioFunction } from '../../shared/runtime/twilio-function.ts';
import { twilio } from './index.ts';

/** Deploy this file as a Twilio Function. It knows its account by itself when "Add my Twilio Credentials" is ticked. */
export const handler: TwilioFunction = toTwilioFunction((context) =>
  remoteVoiceWebhook(twilio, {
    TWILIO_ACCOUNT_SID: context['ACCOUNT_SID'],
    TWILIO_AUTH_TOKEN: context['AUTH_TOKEN'],
    ...context,
  }),
);
