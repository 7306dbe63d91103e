import type { HttpHandler, HttpRequest } from '../http.ts';
import { notUtf8, readUtf8 } from './utf8.ts';

interface AnyEvent {
  readonly body?: string | null;
  readonly isBase64Encoded: boolean;
}

/**
 * HTTP API and Lambda function URL, payload format 2.0. Header names come in lower case; headers sent twice arrive joined
 * with a comma.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html (read 2026-11-21)
 */
export interface LambdaEventV2 extends AnyEvent {
  readonly rawPath: string;
  readonly rawQueryString: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly requestContext: { readonly domainName: string; readonly http: { readonly method: string } };
}

/**
 * REST API, and HTTP API with payload format 1.0. `requestContext.path` is the path as it was asked for, stage included,
 * where `path` lacks it. The query comes decoded and is written out again: where a carrier spells it another way, its
 * signature does not fit, so point carriers at a URL without a query, with POST.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html (read 2026-11-21)
 */
export interface LambdaEventV1 extends AnyEvent {
  readonly httpMethod: string;
  readonly headers: Readonly<Record<string, string>> | null;
  readonly multiValueHeaders?: Lists | null;
  readonly multiValueQueryStringParameters: Lists | null;
  readonly requestContext: { readonly domainName: string; readonly path: string };
}

type Lists = Readonly<Record<string, readonly string[]>>;

export type LambdaEvent = LambdaEventV1 | LambdaEventV2;

export interface LambdaResult {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What AWS expects a file to export. */
export type LambdaFunction = (event: LambdaEvent) => Promise<LambdaResult>;

/** `makeHandler` is called with the first event, so that a missing variable fails a call and not the deployment. */
export function toLambda(makeHandler: () => HttpHandler): LambdaFunction {
  let handler: HttpHandler | undefined;
  return async (event) => {
    handler ??= makeHandler();
    const body = readUtf8(Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8'));
    const asked = 'rawPath' in event ? readV2(event) : readV1(event);
    const answer = body === null ? notUtf8 : await handler({ ...asked, body });
    return { statusCode: answer.status, headers: answer.headers, body: answer.body };
  };
}

type Asked = Omit<HttpRequest, 'body'>;

function readV2({ rawPath, rawQueryString, headers, requestContext }: LambdaEventV2): Asked {
  const { domainName, http } = requestContext;
  const url = `https://${domainName}${rawPath}${withMark(rawQueryString)}`;
  return { method: http.method, url, headers: lowerCased(headers) };
}

function readV1(event: LambdaEventV1): Asked {
  const { httpMethod, headers, multiValueHeaders, multiValueQueryStringParameters, requestContext } = event;
  const query = new URLSearchParams(
    Object.entries(multiValueQueryStringParameters ?? {}).flatMap(([name, values]) =>
      values.map((value): [string, string] => [name, value]),
    ),
  );
  const url = `https://${requestContext.domainName}${requestContext.path}${withMark(query.toString())}`;
  return { method: httpMethod, url, headers: lowerCased(multiValueHeaders ?? headers ?? {}) };
}

function withMark(query: string): string {
  return query === '' ? '' : `?${query}`;
}

function lowerCased(headers: Readonly<Record<string, string | readonly string[]>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name.toLowerCase(),
      typeof value === 'string' ? value : value.join(', '),
    ]),
  );
}
