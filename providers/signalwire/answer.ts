import type { HttpResponse } from '../../shared/http.ts';
import type { StreamTarget } from '../../shared/provider.ts';
import { connect as connectTwiml } from '../twilio/answer.ts';

/** The default, said aloud: a bot must not depend on it. */
export const CODEC = 'PCMU@8000h';

/** @see https://github.com/signalwire/docs, fern/products/compatibility-api/pages/cxml/voice/stream.mdx (read 2026-11-21) */
export function connect(target: StreamTarget): HttpResponse {
  return connectTwiml(target, { codec: CODEC });
}
