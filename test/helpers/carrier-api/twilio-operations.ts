import { operations, type Operation } from './operations.ts';

/*
 * Facts of Twilio's published OpenAPI description: https://github.com/twilio/twilio-oai, spec/json/twilio_api_v2010.json,
 * commit d50069b44ea8cd23141385bdb6db48f16ff75bb5 (2026-04-14), read 2026-11-21; licence MIT, the document itself says
 * Apache 2.0. `TWILIO_OPENAPI=<that file> npx vitest run test/carrier-operations.test.ts` compares every row with it.
 */
const ACCOUNT = '/2010-04-01/Accounts/{AccountSid}';

const voice = `VoiceUrl url, VoiceMethod GET|POST, VoiceFallbackUrl url, VoiceFallbackMethod GET|POST,
  StatusCallback url, StatusCallbackMethod GET|POST, VoiceCallerIdLookup bool,
  SmsUrl url, SmsMethod GET|POST, SmsFallbackUrl url, SmsFallbackMethod GET|POST, FriendlyName, ApiVersion`;

export const twilioOperations: readonly Operation[] = operations({
  [`POST ${ACCOUNT}/Calls.json`]: {
    status: 201,
    form: `To!, From!, Method GET|POST, FallbackUrl url, FallbackMethod GET|POST, StatusCallback url,
      StatusCallbackEvent text[], StatusCallbackMethod GET|POST, SendDigits, Timeout int, Record bool,
      RecordingChannels, RecordingStatusCallback, RecordingStatusCallbackMethod GET|POST, SipAuthUsername,
      SipAuthPassword, MachineDetection, MachineDetectionTimeout int, RecordingStatusCallbackEvent text[], Trim,
      CallerId, MachineDetectionSpeechThreshold int, MachineDetectionSpeechEndThreshold int,
      MachineDetectionSilenceTimeout int, AsyncAmd, AsyncAmdStatusCallback url,
      AsyncAmdStatusCallbackMethod GET|POST, Byoc /^BY[0-9a-fA-F]{32}$/, CallReason, CallToken, RecordingTrack,
      TimeLimit int, ClientNotificationUrl url, Url url, Twiml, ApplicationSid /^AP[0-9a-fA-F]{32}$/`,
  },
  [`GET ${ACCOUNT}/Calls/{Sid}.json`]: { status: 200 },
  [`POST ${ACCOUNT}/Calls/{Sid}.json`]: {
    status: 200,
    form: `Url url, Method GET|POST, Status canceled|completed, FallbackUrl url, FallbackMethod GET|POST,
      StatusCallback url, StatusCallbackMethod GET|POST, Twiml, TimeLimit int`,
  },
  [`GET ${ACCOUNT}/IncomingPhoneNumbers.json`]: {
    status: 200,
    query: `Beta bool, FriendlyName, PhoneNumber, Origin, PageSize int, Page int, PageToken`,
  },
  [`GET ${ACCOUNT}/IncomingPhoneNumbers/{Sid}.json`]: { status: 200 },
  [`POST ${ACCOUNT}/IncomingPhoneNumbers/{Sid}.json`]: {
    status: 200,
    form: `AccountSid /^AC[0-9a-fA-F]{32}$/, SmsApplicationSid /^AP[0-9a-fA-F]{32}$/,
      VoiceApplicationSid /^AP[0-9a-fA-F]{32}$/, EmergencyStatus Active|Inactive,
      EmergencyAddressSid /^AD[0-9a-fA-F]{32}$/, TrunkSid /^TK[0-9a-fA-F]{32}$/, VoiceReceiveMode voice|fax,
      IdentitySid /^RI[0-9a-fA-F]{32}$/, AddressSid /^AD[0-9a-fA-F]{32}$/, BundleSid /^BU[0-9a-fA-F]{32}$/, ${voice}`,
  },
  [`GET ${ACCOUNT}/Applications/{Sid}.json`]: { status: 200 },
  [`POST ${ACCOUNT}/Applications/{Sid}.json`]: {
    status: 200,
    form: `${voice}, SmsStatusCallback url, MessageStatusCallback url, PublicApplicationConnectEnabled bool`,
  },
});

/** Members of the answers, by what is answered. All may be null. */
export const twilioMembers: Readonly<Record<'call' | 'number' | 'application', readonly string[]>> = {
  call: words(`sid date_created date_updated parent_call_sid account_sid to to_formatted from from_formatted
    phone_number_sid status start_time end_time duration price price_unit direction answered_by api_version
    forwarded_from group_sid caller_name queue_time trunk_sid uri subresource_uris`),
  number:
    words(`account_sid address_sid address_requirements api_version beta capabilities date_created date_updated
    friendly_name identity_sid phone_number origin sid sms_application_sid sms_fallback_method sms_fallback_url
    sms_method sms_url status_callback status_callback_method trunk_sid uri voice_receive_mode voice_application_sid
    voice_caller_id_lookup voice_fallback_method voice_fallback_url voice_method voice_url emergency_status
    emergency_address_sid emergency_address_status bundle_sid status type`),
  application:
    words(`account_sid api_version date_created date_updated friendly_name message_status_callback sid
    sms_fallback_method sms_fallback_url sms_method sms_status_callback sms_url status_callback
    status_callback_method uri voice_caller_id_lookup voice_fallback_method voice_fallback_url voice_method voice_url
    public_application_connect_enabled`),
};

function words(text: string): readonly string[] {
  return text.split(/\s+/);
}
