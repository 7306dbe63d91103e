import type { HttpRequest } from '../../shared/http.ts';
import type { LambdaEvent } from '../../shared/runtime/lambda.ts';

export type EventOf = (request: HttpRequest) => LambdaEvent;

/** Payload format 2.0. Who writes the event decides whether a body comes as text or as base64. */
export function eventV2(isBase64: boolean): EventOf {
  return ({ method, url, headers, body }) => {
    const { hostname, pathname, search } = new URL(url);
    return {
      version: '2.0',
      routeKey: '$default',
      rawPath: pathname,
      rawQueryString: search.slice(1),
      headers: { ...headers, host: hostname, 'x-forwarded-proto': 'https' },
      requestContext: {
        domainName: hostname,
        stage: '$default',
        http: { method, path: pathname, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'a carrier' },
      },
      ...(method === 'GET' ? {} : { body: Buffer.from(body).toString(isBase64 ? 'base64' : 'utf8') }),
      isBase64Encoded: method !== 'GET' && isBase64,
    };
  };
}

/** A REST API: `path` lacks the stage, names of headers keep their spelling, the query is decoded. */
export const eventV1: EventOf = ({ method, url, headers, body }) => {
  const { hostname, pathname, searchParams } = new URL(url);
  const own = Object.fromEntries(Object.entries({ ...headers, Host: hostname }).map(capitalised));
  const query = searchParams.size === 0 ? null : Object.fromEntries(searchParams);
  return {
    resource: '/{proxy+}',
    path: pathname.replace(/^\/prod/, ''),
    httpMethod: method,
    headers: own,
    multiValueHeaders: lists(own),
    queryStringParameters: query,
    multiValueQueryStringParameters: query && lists(query),
    requestContext: { domainName: hostname, path: pathname, stage: 'prod', httpMethod: method },
    body: method === 'GET' ? null : Buffer.from(body).toString('base64'),
    isBase64Encoded: method !== 'GET',
  };
};

function capitalised([name, value]: [string, string]): [string, string] {
  return [name.replace(/\b[a-z]/g, (letter) => letter.toUpperCase()), value];
}

function lists(record: Readonly<Record<string, string>>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, [value]]));
}
