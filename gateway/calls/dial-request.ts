import { z } from 'zod';
import { GatewayError } from '../../shared/errors.ts';
import type { HttpRequest } from '../../shared/http.ts';
import { PhoneNumber } from '../config/fields.ts';
import { MAX_BODY_BYTES } from '../limits.ts';
import { checkedMembers } from '../checked.ts';
import { readMembers } from '../start-request.ts';

/** Seconds a phone may ring: less than the five minutes of the token that waits meanwhile, and all that people wait. */
export const MAX_RING = 120;
const DEFAULT_RING = 60;
/** Carriers round shorter times up. */
const MIN_RING = 5;

/** What is asked of POST /v1/public/{agent}/dial. */
export interface DialRequest {
  readonly provider: string;
  readonly from: string;
  readonly to: string;
  /** Seconds. */
  readonly ringTimeout: number;
  /** JSON text, handed to the bot byte for byte. */
  readonly body: string | null;
}

const Members = z.strictObject({
  provider: z.string().min(1).max(64),
  from: PhoneNumber,
  to: PhoneNumber,
  ringTimeout: z.int().min(MIN_RING).max(MAX_RING).default(DEFAULT_RING),
});

/** Throws ERR_REQUEST_INVALID with every wrong member named, ERR_REQUEST_TOO_LARGE and ERR_TYPE_UNSUPPORTED. */
export function readDialRequest(request: HttpRequest): DialRequest {
  const { body, ...known } = Object.fromEntries(readMembers(request));
  const data = checkedMembers(Members, Object.entries(known));
  if (body !== undefined && Buffer.byteLength(body) > MAX_BODY_BYTES) {
    throw new GatewayError(
      'ERR_REQUEST_TOO_LARGE',
      `body is over ${MAX_BODY_BYTES} bytes of JSON: send a link`,
    );
  }
  return { ...data, body: body === undefined || body === 'null' ? null : body };
}
