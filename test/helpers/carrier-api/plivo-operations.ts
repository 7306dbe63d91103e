import { operations, type Operation } from './operations.ts';

/*
 * Plivo publishes no OpenAPI description that could be found (searched 2026-11-21: its GitHub organisation, npm, its
 * documentation). These rows are written from its documentation, all pages read 2026-11-21:
 * https://docs.plivo.com/docs/voice/api/call/transfer-a-call, https://docs.plivo.com/docs/account/api/application/
 * create-an-application and the-application-object, https://plivo.com/docs/numbers/api/account-phone-number/
 * update-a-number and list-all-my-numbers; and from its SDK, npm plivo 4.79.0 (MIT), dist/resources/call.js,
 * applications.js and numbers.js. UNVERIFIED without an account: what the service does with other parameters (here they
 * are refused), and the optional parameters of Speak, Play and DTMF.
 */
const ACCOUNT = '/v1/Account/{auth_id}';

const application = `answer_method GET|POST, hangup_url url, hangup_method GET|POST, fallback_answer_url url,
  fallback_method GET|POST, message_url url, message_method GET|POST, default_number_app bool,
  default_endpoint_app bool, subaccount, log_incoming_messages bool`;

export const plivoOperations: readonly Operation[] = operations({
  [`POST ${ACCOUNT}/Call/`]: {
    status: 201,
    json: `from!, to!, answer_url! url, answer_method GET|POST, ring_url url, ring_method GET|POST, hangup_url url,
      hangup_method GET|POST, fallback_url url, fallback_answer_url url, fallback_method GET|POST, caller_name,
      send_digits, send_on_preanswer bool, time_limit int, hangup_on_ring int, machine_detection true|hangup,
      machine_detection_time int, machine_detection_url url, machine_detection_method GET|POST, sip_headers,
      ring_timeout int, parent_call_uuid, error_if_parent_not_found bool`,
  },
  [`GET ${ACCOUNT}/Call/{call_uuid}/`]: { status: 200, query: 'status live' },
  [`POST ${ACCOUNT}/Call/{call_uuid}/`]: {
    status: 202,
    json: 'legs aleg|bleg|both, aleg_url url, aleg_method GET|POST, bleg_url url, bleg_method GET|POST',
  },
  [`DELETE ${ACCOUNT}/Call/{call_uuid}/`]: { status: 204, json: '' },
  [`POST ${ACCOUNT}/Call/{call_uuid}/Speak/`]: {
    status: 202,
    json: 'text!, voice, language, legs aleg|bleg|both, loop bool, mix bool, type',
  },
  [`POST ${ACCOUNT}/Call/{call_uuid}/Play/`]: {
    status: 202,
    json: 'urls!, length int, legs aleg|bleg|both, loop bool, mix bool',
  },
  [`POST ${ACCOUNT}/Call/{call_uuid}/DTMF/`]: { status: 202, json: 'digits!, leg aleg|bleg|both' },
  [`GET ${ACCOUNT}/Number/`]: {
    status: 200,
    query: 'type, number_startswith, subaccount, alias, services, limit int, offset int',
  },
  [`GET ${ACCOUNT}/Number/{number}/`]: { status: 200 },
  [`POST ${ACCOUNT}/Number/{number}/`]: {
    status: 202,
    json: 'app_id, subaccount, alias, cnam_lookup enabled|disabled, compliance_application_id',
  },
  [`GET ${ACCOUNT}/Application/`]: { status: 200, query: 'subaccount, limit int, offset int' },
  [`POST ${ACCOUNT}/Application/`]: {
    status: 201,
    json: `answer_url! url, app_name! /^[\\w-]+$/, ${application}`,
  },
  [`GET ${ACCOUNT}/Application/{app_id}/`]: { status: 200 },
  [`POST ${ACCOUNT}/Application/{app_id}/`]: { status: 202, json: `answer_url url, ${application}` },
});
