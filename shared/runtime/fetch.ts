import type { HttpHandler } from '../http.ts';
import { notUtf8, readUtf8 } from './utf8.ts';

/**
 * For runtimes that speak Request and Response: Workers, Deno, Bun. The origin comes from the request, and with it from
 * whoever sends a Host header: say `publicUrl`, or set PUBLIC_URL where `remoteVoiceWebhook` is behind it.
 */
export function toFetch(
  handler: HttpHandler,
  options: { publicUrl?: string } = {},
): (request: Request) => Promise<Response> {
  return async (request) => {
    const { origin, pathname, search } = new URL(request.url);
    const text = readUtf8(await request.arrayBuffer());
    const url = (options.publicUrl ?? origin) + pathname + search;
    const headers = Object.fromEntries(request.headers);
    const answer =
      text === null ? notUtf8 : await handler({ method: request.method, url, headers, body: text });
    // A Response of 204 must have no body at all, not an empty one.
    const { status, body } = answer;
    return new Response(body === '' ? null : body, { status, headers: { ...answer.headers } });
  };
}
