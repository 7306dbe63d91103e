import { GatewayError, type ErrorCode } from '../shared/errors.ts';
import { refusal, type HttpResponse } from '../shared/http.ts';
import { RETRY_AFTER } from './limits.ts';

/** Status and code of each failure, over HTTP. Kept in step with docs/errors.md by a test. */
export const httpErrors: Partial<Record<ErrorCode, readonly [status: number, code: string]>> = {
  ERR_AGENT_UNKNOWN: [404, '404'],
  ERR_AT_CAPACITY: [429, 'PCC-AGENT-AT-CAPACITY'],
  ERR_BOT_REFUSED: [502, '502'],
  ERR_BOT_TIMEOUT: [504, '504'],
  ERR_BOT_UNREACHABLE: [503, '503'],
  ERR_CALL_FORBIDDEN: [403, '403'],
  ERR_CALL_OVER: [409, '409'],
  ERR_CARRIER_REFUSED: [502, '502'],
  ERR_CARRIER_UNREACHABLE: [503, '503'],
  ERR_DRAINING: [503, '503'],
  ERR_KEY_UNKNOWN: [401, 'PCC-1002'],
  ERR_NOT_IMPLEMENTED: [501, '501'],
  ERR_ORIGIN_REFUSED: [403, '403'],
  ERR_REFUSAL_UNKNOWN: [404, '404'],
  ERR_REQUEST_INVALID: [400, '400'],
  ERR_REQUEST_TOO_LARGE: [413, '413'],
  ERR_SESSION_STOPPED: [403, '403'],
  ERR_SESSION_UNKNOWN: [404, '404'],
  ERR_SIGNATURE_REFUSED: [403, '403'],
  ERR_STOP_UNCONFIRMED: [503, '503'],
  ERR_STORE_FULL: [503, '503'],
  ERR_STORE_UNAVAILABLE: [503, '503'],
  ERR_TOKEN_REFUSED: [403, '403'],
  ERR_TYPE_UNSUPPORTED: [415, '415'],
};

/** A failure as an answer. Rethrows what is no expected failure: a bug is not an answer. */
export function refusalOf(error: unknown): HttpResponse {
  const row = error instanceof GatewayError ? httpErrors[error.code] : undefined;
  if (!row || !(error instanceof GatewayError)) throw error;
  const [status, code] = row;
  const headers = status === 503 || status === 429 ? { 'retry-after': String(RETRY_AFTER) } : {};
  return refusal(status, code, error.message, { reason: error.code, headers });
}
