/*
 * The carriers' REST APIs on real ports, as far as this project uses them. The official SDKs are pointed at `origin`:
 * Twilio's through an HTTP client that swaps the origin, Telnyx's with `baseURL: origin + '/v2'`. Plivo's takes `url` for
 * numbers only: for calls and applications it has https://api.plivo.com built in (dist/rest/axios.js of 4.79.0, read
 * 2026-11-21).
 */
export { plivoApi, type PlivoApi } from './plivo.ts';
export type { ApiAnswer, ApiRequest, ApiServer } from './server.ts';
export { telnyxApi, type TelnyxApi } from './telnyx.ts';
export { twilioApi, type TwilioApi } from './twilio.ts';
