import type { HttpRequest } from './http.ts';

/** Parameters a carrier may send in one request. Twilio sends about 35; the rest is room. */
export const MAX_PARAMETERS = 200;

/** Names and values of a form body or a query string, decoded, each name once. */
export type Form = ReadonlyMap<string, string>;

/**
 * Reads `application/x-www-form-urlencoded` text, flat. Null when a name repeats or there are too many: the carriers'
 * SDKs accept both (they remove duplicates before hashing), and whoever reads the call next would see another value.
 */
export function readForm(text: string): Form | null {
  const form = new Map<string, string>();
  let count = 0;
  for (const [name, value] of new URLSearchParams(text)) {
    count += 1;
    if (count > MAX_PARAMETERS || form.has(name)) return null;
    form.set(name, value);
  }
  return form;
}

/** What a webhook says: in the query of a GET, in the body of a POST. Null as in `readForm`. */
export function formOf({ method, url, body }: Pick<HttpRequest, 'method' | 'url' | 'body'>): Form | null {
  return readForm(method === 'GET' ? queryOf(url) : body);
}

/** A URL with one more piece of query, `name=value&…`, encoded already. */
export function withQuery(url: string, query: string): string {
  return `${url}${url.includes('?') ? '&' : '?'}${query}`;
}

/** The query of an absolute URL, without "?"; empty when there is none. */
export function queryOf(url: string): string {
  const start = url.indexOf('?');
  return start < 0 ? '' : url.slice(start + 1);
}

/** What a piece of a query stands for; the piece itself where its escapes are no UTF-8. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}
