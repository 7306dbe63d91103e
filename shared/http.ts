import { isRecord } from './fields.ts';
import { jsonIn } from './json-text.ts';

/** One HTTP request, reduced to what a handler needs. Plain data: easy to table-test. */
export interface HttpRequest {
  /** Upper case. */
  readonly method: string;
  /** Absolute public URL, as the caller was told it. Carriers sign this string, not the one behind our proxy. */
  readonly url: string;
  /** Lower-case names. Repeated headers are joined with ", ". */
  readonly headers: Readonly<Record<string, string>>;
  /** Body as UTF-8 text, undecoded otherwise: signatures cover it byte for byte. Bindings refuse other bytes with 400. */
  readonly body: string;
}

/** One HTTP answer, ready to be written by any runtime. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A whole endpoint as one function. Rejects only on a bug: expected failures are responses. */
export type HttpHandler = (request: HttpRequest) => Promise<HttpResponse>;

export function xml(body: string): HttpResponse {
  return { status: 200, headers: { 'content-type': 'text/xml; charset=utf-8' }, body };
}

export function json(status: number, value: unknown, headers: Record<string, string> = {}): HttpResponse {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(value) };
}

/** The one shape of every refusal: a sentence with cause and cure, a stable code, and our finer code as `reason`. */
export function refusal(
  status: number,
  code: string,
  error: string,
  options: { reason?: string; headers?: Record<string, string> } = {},
): HttpResponse {
  const { reason, headers } = options;
  return json(status, reason === undefined ? { error, code } : { error, code, reason }, headers);
}

/** Characters of somebody else's explanation that are handed on. */
const MAX_SENTENCE = 500;

/** The `error` of such a refusal, from its body; empty for any other body, because a page of HTML helps nobody. */
export function sentenceOf(body: string): string {
  const refused = jsonIn(body);
  const error = isRecord(refused) ? refused['error'] : undefined;
  return typeof error === 'string' ? error.slice(0, MAX_SENTENCE) : '';
}
