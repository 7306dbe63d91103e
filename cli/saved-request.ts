import { isRecord } from '../shared/fields.ts';
import { GatewayError } from '../shared/errors.ts';
import type { HttpRequest } from '../shared/http.ts';
import { jsonIn } from '../shared/json-text.ts';

/** Characters of a file that holds a request: a webhook is under 2 KB, a HAR of a whole page is not what is asked for. */
export const MAX_SAVED_REQUEST: number = 1024 * 1024;

/**
 * A request that somebody saved: raw HTTP as it stood on the wire, JSON of `{method, url, headers, body}`, or a HAR (its
 * first entry, or one alone). `url` is as it was saved: a path where the file has no more. Throws ERR_REQUEST_INVALID.
 */
export function readSavedRequest(text: string): HttpRequest {
  if (text.length > MAX_SAVED_REQUEST)
    throw invalid(`the file is over ${MAX_SAVED_REQUEST} characters: cut out one request`);
  return text.trimStart().startsWith('{') ? fromJson(text) : fromWire(text);
}

function fromWire(text: string): HttpRequest {
  const [, head = '', body = ''] = /^([^]*?)\r?\n\r?\n([^]*)$/.exec(text) ?? [text, text];
  const [first = '', ...lines] = head.split(/\r?\n/);
  const [, method, url] = /^([A-Z]{3,10}) (\S+)(?: HTTP\/[\d.]+)?\s*$/.exec(first) ?? [];
  if (method === undefined || url === undefined) {
    throw invalid(
      'the first line is no request line, such as "POST /webhooks/twilio HTTP/1.1", and it is no JSON',
    );
  }
  const headers = lines
    .filter((line) => line.trim() !== '')
    .map((line): [string, string] => {
      const colon = line.indexOf(':');
      if (colon < 1) throw invalid(`"${line.slice(0, 40)}" is no header line`);
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    });
  return requestOf({ method, url, headers, body: withoutEditorsEnd(body, headers) });
}

/** Editors end a file with a line feed, which was not in the body unless Content-Length says so. */
function withoutEditorsEnd(body: string, headers: readonly [string, string][]): string {
  const length = headers.find(([name]) => name.toLowerCase() === 'content-length')?.[1];
  if (length === undefined) return body.replace(/\r?\n$/, '');
  return Buffer.from(body).subarray(0, Number(length)).toString();
}

function fromJson(text: string): HttpRequest {
  const value = parse(text);
  const request = inHar(value) ?? value;
  const { method = 'POST', url, headers = {}, body, postData } = request;
  if (typeof method !== 'string' || typeof url !== 'string')
    throw invalid('the JSON needs "url", and "method", as text');
  const posted = isRecord(postData) ? postData['text'] : undefined;
  const content = body ?? posted ?? '';
  if (typeof content !== 'string')
    throw invalid('"body" must be the text that was sent, not what it was parsed to');
  return requestOf({ method: method.toUpperCase(), url, headers: pairsOf(headers), body: content });
}

function parse(text: string): Record<string, unknown> {
  const value = jsonIn(text);
  if (isRecord(value)) return value;
  throw invalid('the file is no JSON object');
}

function inHar({ log, request }: Record<string, unknown>): Record<string, unknown> | null {
  if (isRecord(request)) return request;
  const entries: unknown = isRecord(log) ? log['entries'] : undefined;
  const [first]: unknown[] = Array.isArray(entries) ? entries : [];
  return isRecord(first) && isRecord(first['request']) ? first['request'] : null;
}

/** `{name: value}`, `{name: [value]}` as Node has them, or `[{name, value}]` as in a HAR. */
function pairsOf(headers: unknown): [string, string][] {
  const entries: [unknown, unknown][] = Array.isArray(headers)
    ? headers.map((one: unknown) => (isRecord(one) ? [one['name'], one['value']] : [null, null]))
    : Object.entries(isRecord(headers) ? headers : {});
  return entries.flatMap(([name, value]) =>
    [value].flat().map((one: unknown): [string, string] => {
      if (typeof name === 'string' && typeof one === 'string') return [name, one];
      throw invalid('"headers" must be names and texts');
    }),
  );
}

interface Saved extends Omit<HttpRequest, 'headers'> {
  readonly headers: readonly [string, string][];
}

function requestOf({ headers, ...request }: Saved): HttpRequest {
  const joined = new Map<string, string>();
  for (const [given, value] of headers) {
    const name = given.toLowerCase();
    if (name.startsWith(':')) continue; // HTTP/2, as browsers save it
    const before = joined.get(name);
    joined.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return { ...request, headers: Object.fromEntries(joined) };
}

function invalid(sentence: string): GatewayError {
  return new GatewayError('ERR_REQUEST_INVALID', sentence);
}
