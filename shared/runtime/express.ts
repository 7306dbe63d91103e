import { refusal, type HttpHandler, type HttpResponse } from '../http.ts';
import { notUtf8, readUtf8 } from './utf8.ts';

/** The little of express (or node:http) we touch; no import, so that functions do not carry express along. */
interface ExpressRequest {
  readonly method: string;
  readonly originalUrl: string;
  /** Node's own `headers` keeps only the first of some headers sent twice; this one has them all. */
  readonly headersDistinct: Readonly<Record<string, readonly string[] | undefined>>;
  /** Bytes from `express.raw({ type: () => true, inflate: false })`. Anything else counts as no body. */
  readonly body?: unknown;
}
interface ExpressResponse {
  writeHead(status: number, headers: Record<string, string>): { end(body: string): unknown };
}

/** For express, and whatever speaks like it. `publicUrl`: the origin that carriers were told, without a slash at its end. */
export function toExpress(
  handler: HttpHandler,
  options: { publicUrl: string },
): (request: ExpressRequest, response: ExpressResponse) => Promise<void> {
  const { publicUrl } = options;

  async function answer(request: ExpressRequest): Promise<HttpResponse> {
    const { method, originalUrl, headersDistinct, body: bytes } = request;
    // A proxy's spelling ("GET http://…"), or "*": our public URL would not be what was asked for.
    if (!originalUrl.startsWith('/')) return refusal(400, '400', 'The request target is not a path.');
    const body = bytes instanceof Uint8Array ? readUtf8(bytes) : '';
    if (body === null) return notUtf8;
    return handler({ method, url: publicUrl + originalUrl, headers: joinedHeaders(headersDistinct), body });
  }

  return async (request, response) => {
    const { status, headers, body } = await answer(request);
    const length = status === 204 ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    response.writeHead(status, { ...headers, ...length }).end(body);
  };
}

/** Repeated headers joined with ", ". */
export function joinedHeaders(headers: ExpressRequest['headersDistinct']): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, values = []]) => [name, values.join(', ')]));
}
