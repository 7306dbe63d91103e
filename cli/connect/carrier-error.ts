import { GatewayError } from '../../shared/errors.ts';

/** SDKs hand our own errors on as the cause of theirs. Null where there is none. */
export function carrierErrorOf(error: unknown): GatewayError | null {
  if (error instanceof GatewayError) return error;
  return error instanceof Error && error.cause !== undefined ? carrierErrorOf(error.cause) : null;
}
