import type { Env } from '../env.ts';
import { isRecord } from '../fields.ts';
import { refusal, type HttpHandler, type HttpRequest, type HttpResponse } from '../http.ts';

/** The global `Twilio` of the Functions runtime, narrowed to what we use. */
declare const Twilio: {
  Response: new () => {
    setStatusCode(status: number): void;
    appendHeader(name: string, value: string): void;
    setBody(body: string): void;
  };
};

type Context = Env & { readonly DOMAIN_NAME: string; readonly PATH: string };
/** Parameters of query and body in one, and beside them `request` with the headers. */
type Event = Readonly<Record<string, unknown>>;
type Callback = (error: unknown, response?: unknown) => void;

/** What Twilio expects a Function file to export as `handler`. */
export type TwilioFunction = (context: Context, event: Event, callback: Callback) => Promise<void>;

/**
 * Functions hand over parsed parameters, so the form is written out again: fine for signatures over sorted parameters
 * (Twilio, Plivo), impossible for signatures over raw bytes (Telnyx). They do not tell the method either: a request with
 * a content type is taken for a POST with all parameters in its body, one without for a GET with all in its query. So a
 * POST to a URL with a query string cannot be verified here.
 *
 * The handler is made once for each warm instance. Its own limit (8 s for /start) keeps it within the platform's 10 s.
 *
 * @see https://www.twilio.com/docs/serverless/functions-assets/functions/request-flow (read 2026-11-21)
 */
export function toTwilioFunction(makeHandler: (env: Env) => HttpHandler): TwilioFunction {
  let handler: HttpHandler | undefined;

  async function answer(context: Context, event: Event): Promise<HttpResponse> {
    handler ??= makeHandler(context);
    const request = readRequest(context, event);
    return request ? handler(request) : refusal(400, '400', 'A parameter is not one plain text.');
  }

  return async (context, event, callback) => {
    let response: unknown;
    try {
      response = toTwilioResponse(await answer(context, event));
    } catch (error) {
      return callback(error);
    }
    callback(null, response); // outside: what it throws must not have it called twice
  };
}

/** Null when a parameter was sent in brackets, which the platform's parser makes an object of. */
function readRequest({ DOMAIN_NAME, PATH }: Context, event: Event): HttpRequest | null {
  // A parameter named "request" takes the place of the headers: then there is no signature, and the answer is 403.
  const { request, ...parameters } = event;
  const headers = readHeaders(isRecord(request) ? request['headers'] : null);
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    for (const one of Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (typeof one !== 'string') return null;
      form.append(name, one);
    }
  }
  const url = `https://${DOMAIN_NAME}${PATH}`;
  const text = form.toString();
  if (headers['content-type'] !== undefined) return { method: 'POST', url, headers, body: text };
  return { method: 'GET', url: text === '' ? url : `${url}?${text}`, headers, body: '' };
}

/** A header sent twice arrives as a list. */
function readHeaders(headers: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries(isRecord(headers) ? headers : {}).map(([name, value]) => [
      name.toLowerCase(),
      Array.isArray(value) ? value.join(', ') : String(value),
    ]),
  );
}

function toTwilioResponse({ status, headers, body }: HttpResponse): unknown {
  const response = new Twilio.Response();
  response.setStatusCode(status);
  for (const [name, value] of Object.entries(headers)) response.appendHeader(name, value);
  response.setBody(body);
  return response;
}
