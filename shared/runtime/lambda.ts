import type { HttpHandler } from '../http.ts';
import { notUtf8, readUtf8 } from './utf8.ts';

/**
 * API Gateway HTTP API and Lambda function URL, payload format 2.0. Headers sent twice arrive joined with a comma.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html (read 2026-11-21)
 */
export interface LambdaEvent {
  readonly rawPath: string;
  readonly rawQueryString: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly isBase64Encoded: boolean;
  readonly requestContext: { readonly domainName: string; readonly http: { readonly method: string } };
}
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
    const { domainName, http } = event.requestContext;
    const query = event.rawQueryString === '' ? '' : `?${event.rawQueryString}`;
    const body = readUtf8(Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8'));
    const url = `https://${domainName}${event.rawPath}${query}`;
    const headers = lowerCased(event.headers);
    const answer = body === null ? notUtf8 : await handler({ method: http.method, url, headers, body });
    return { statusCode: answer.status, headers: answer.headers, body: answer.body };
  };
}

function lowerCased(headers: LambdaEvent['headers']): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
