import { refusal, type HttpResponse } from '../http.ts';

/** Bytes as text, byte-order mark included: signatures cover it. Null when they are not UTF-8. */
export function readUtf8(bytes: Uint8Array | ArrayBuffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** The answer to a body that is not: a changed byte would be another body, whatever its signature says. */
export const notUtf8: HttpResponse = refusal(400, '400', 'The body is not UTF-8.');
