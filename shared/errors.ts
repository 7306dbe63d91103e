/** Every failure this project reports by name. One row per code in docs/errors.md. */
export type ErrorCode =
  | 'ERR_AGENT_UNKNOWN'
  | 'ERR_AT_CAPACITY'
  | 'ERR_AUDIO_UNREADABLE'
  | 'ERR_BOT_REFUSED'
  | 'ERR_BOT_TIMEOUT'
  | 'ERR_BOT_UNREACHABLE'
  | 'ERR_CALL_FAILED'
  | 'ERR_CALL_FORBIDDEN'
  | 'ERR_CALL_OVER'
  | 'ERR_CARRIER_REFUSED'
  | 'ERR_CARRIER_UNREACHABLE'
  | 'ERR_CONFIG_INVALID'
  | 'ERR_DOCUMENT_REFUSED'
  | 'ERR_DRAINING'
  | 'ERR_FRAME_INVALID'
  | 'ERR_KEY_UNKNOWN'
  | 'ERR_NOT_IMPLEMENTED'
  | 'ERR_ORIGIN_REFUSED'
  | 'ERR_RECORDING_INVALID'
  | 'ERR_REFUSAL_UNKNOWN'
  | 'ERR_REQUEST_INVALID'
  | 'ERR_REQUEST_TOO_LARGE'
  | 'ERR_SESSION_STOPPED'
  | 'ERR_SESSION_UNKNOWN'
  | 'ERR_SIGNATURE_REFUSED'
  | 'ERR_SOCKET_FAILED'
  | 'ERR_START_FAILED'
  | 'ERR_STOP_UNCONFIRMED'
  | 'ERR_STORE_FULL'
  | 'ERR_STORE_UNAVAILABLE'
  | 'ERR_TOKEN_REFUSED'
  | 'ERR_TYPE_UNSUPPORTED';

/** The one error class of the project: callers switch on `code`, people read `message`. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
