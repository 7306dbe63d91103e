import { readUtf8 } from '../shared/runtime/utf8.ts';
import { isJson } from '../shared/json-text.ts';
import { MAX_JSON_DEPTH, MAX_QUERY_BODY_BYTES } from './limits.ts';

/** JSON text of `?body=`: base64 or base64url, with or without padding. Null when it is not, or over the limit. */
export function readQueryBody(encoded: string): string | null {
  // A "+" that nobody percent-encoded has become a space on its way through the query.
  const base64 = encoded
    .replaceAll(' ', '+')
    .replaceAll('-', '+')
    .replaceAll('_', '/')
    .replace(/={1,2}$/, '');
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length > MAX_QUERY_BODY_BYTES || bytes.toString('base64').replace(/=+$/, '') !== base64)
    return null;
  const text = readUtf8(bytes);
  return text !== null && isJson(text, MAX_JSON_DEPTH) ? text : null;
}

/** The other way round, for the bot: standard base64, ready for a query. Null when the JSON is over the limit. */
export function toQueryBody(json: string): string | null {
  if (Buffer.byteLength(json) > MAX_QUERY_BODY_BYTES) return null;
  return encodeURIComponent(Buffer.from(json).toString('base64'));
}
