import { operations, type Operation } from './operations.ts';

/*
 * Facts of Telnyx's API as its official SDK declares them: npm telnyx 7.24.0 (MIT), resources/**.d.ts, which Telnyx
 * generates from its OpenAPI description (https://github.com/team-telnyx/openapi, whose own file was too large to be
 * read here). Read 2026-11-21. A test compares every row with the declarations of the installed SDK.
 */
const command = 'client_state, command_id';

const application = `friendly_name!, voice_url! url, active bool, anchorsite_override, call_cost_in_webhooks bool,
  dtmf_type, first_command_timeout bool, first_command_timeout_secs int, inbound object, outbound object,
  status_callback url, status_callback_method get|post, tags text[], voice_fallback_url url, voice_method get|post`;

const recording = `record record-from-answer, record_channels single|dual, record_custom_file_name,
  record_format wav|mp3, record_max_length int, record_timeout_secs int, record_track both|inbound|outbound,
  record_trim trim-silence`;

const dialled = `answering_machine_detection, answering_machine_detection_config object, audio_url url,
  custom_headers object[], diversion, from_display_name, media_encryption disabled|SRTP|DTLS, media_name,
  park_after_unbridge, preferred_codecs, privacy id|none, ${recording}, route_to_mobile bool, send_digits_on_answer,
  sip_auth_password, sip_auth_username, sip_headers object[], sip_region, sip_transport_protocol UDP|TCP|TLS,
  sound_modifications object, time_limit_secs int, timeout_secs int, webhook_retries_policies object,
  webhook_url url, webhook_url_method POST|GET, webhook_urls object, webhook_urls_method POST|GET`;

export const telnyxOperations: readonly Operation[] = operations({
  'POST /v2/calls': {
    status: 200,
    json: `connection_id!, from!, to! text[], ${command}, ${dialled}, assistant object, billing_group_id,
      bridge_intent bool, bridge_on_answer bool, conference_config object, conversation_relay_config object,
      deepfake_detection object, dialogflow_config object, enable_dialogflow bool, link_to,
      prevent_double_bridge bool, retry_on_timeout bool, send_silence_when_idle bool, stream_auth_token,
      stream_bidirectional_codec, stream_bidirectional_mode, stream_bidirectional_sampling_rate int,
      stream_bidirectional_target_legs, stream_codec, stream_establish_before_call_originate bool,
      stream_track inbound_track|outbound_track|both_tracks, stream_url url, supervise_call_control_id,
      supervisor_role barge|whisper|monitor, transcription bool, transcription_config object`,
  },
  'GET /v2/calls/{call_control_id}': { status: 200 },
  'POST /v2/calls/{call_control_id}/actions/hangup': {
    status: 200,
    json: `${command}, custom_headers object[]`,
  },
  'POST /v2/calls/{call_control_id}/actions/transfer': {
    status: 200,
    json: `to!, from, ${command}, ${dialled}, early_media bool, mute_dtmf none|both|self|opposite,
      target_leg_client_state`,
  },
  'POST /v2/calls/{call_control_id}/actions/send_dtmf': {
    status: 200,
    json: `digits!, ${command}, duration_millis int`,
  },
  'POST /v2/calls/{call_control_id}/actions/speak': {
    status: 200,
    json: `payload!, voice!, ${command}, language, loop, payload_type text|ssml, service_level basic|premium, stop,
      target_legs self|opposite|both, voice_settings object`,
  },
  'POST /v2/calls/{call_control_id}/actions/playback_start': {
    status: 200,
    json: `audio_type mp3|wav, audio_url url, cache_audio bool, ${command}, loop, media_name, overlay bool,
      playback_content, stop, target_legs`,
  },
  'POST /v2/texml/Accounts/{account_sid}/Calls': {
    status: 200,
    json: `ApplicationSid, To, From, Url url, Texml, UrlMethod GET|POST, FallbackUrl url, StatusCallback url,
      StatusCallbackEvent, StatusCallbackMethod GET|POST, CallerId, CustomHeaders object[], MachineDetection,
      AsyncAmd bool, AsyncAmdStatusCallback url, AsyncAmdStatusCallbackMethod GET|POST, Record bool,
      RecordingChannels mono|dual, RecordingStatusCallback, RecordingStatusCallbackEvent,
      RecordingStatusCallbackMethod GET|POST, RecordingTimeout int, RecordingTrack inbound|outbound|both,
      SendRecordingUrl bool, SipAuthPassword, SipAuthUsername, SipRegion, TimeLimit int, Timeout int,
      Trim trim-silence|do-not-trim`,
  },
  'GET /v2/texml/Accounts/{account_sid}/Calls/{call_sid}': { status: 200 },
  'POST /v2/texml/Accounts/{account_sid}/Calls/{call_sid}': {
    status: 200,
    form: `Status, Url url, Method GET|POST, Texml, FallbackUrl url, FallbackMethod GET|POST, StatusCallback url,
      StatusCallbackMethod GET|POST`,
  },
  'GET /v2/phone_numbers': {
    status: 200,
    query: `filter[phone_number], filter[status], filter[connection_id], filter[tag], filter[customer_reference],
      filter[billing_group_id], filter[country_iso_alpha2], filter[emergency_address_id], filter[source],
      handle_messaging_profile_error true|false, sort, page[number] int, page[size] int`,
  },
  'GET /v2/phone_numbers/{id}': { status: 200 },
  'PATCH /v2/phone_numbers/{id}': {
    status: 200,
    json: `address_id, billing_group_id, connection_id, customer_reference, external_pin, hd_voice_enabled bool,
      tags text[]`,
  },
  'GET /v2/texml_applications': {
    status: 200,
    query: 'filter[friendly_name], filter[outbound_voice_profile_id], sort, page[number] int, page[size] int',
  },
  'POST /v2/texml_applications': { status: 201, json: application },
  'GET /v2/texml_applications/{id}': { status: 200 },
  'PATCH /v2/texml_applications/{id}': { status: 200, json: application },
});
