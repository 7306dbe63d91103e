import { isServiceHost } from './agents.ts';

/** What a WebSocket client says about itself when it knocks. Nothing in it is checked but its spelling. */
export interface Address {
  /** "generic" or a provider's name. */
  readonly endpoint: string;
  /** Null when none is named: Twilio's may come with the stream. */
  readonly serviceHost: string | null;
  /** Null when none was sent. A spelling that can be no token is kept, to be refused as one. */
  readonly token: string | null;
  /** `?body=`, undecoded. */
  readonly body: string | null;
}

export type AddressProblem = { readonly status: 400 | 404; readonly error: string };

const PATH = /^\/ws\/([a-z0-9-]{1,32})(?:\/([^/]+))?(?:\/([^/]+))?$/;

/**
 * Reads a request target as it came: never decoded and never given to `new URL`, which turns `%2e%2e`, backslashes and
 * `//host` into other paths.
 *
 * The token is looked for in `Authorization: Bearer`, then `?token=`, then the path; the first one present decides.
 */
export function readAddress(
  target: string,
  authorization: readonly string[],
  endpoints: ReadonlySet<string>,
): Address | AddressProblem {
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  const rawQuery = mark < 0 ? '' : target.slice(mark + 1);
  const query = new URLSearchParams(rawQuery);
  const [, endpoint = '', hostInPath, tokenInPath] = PATH.exec(path) ?? [];
  if (!endpoints.has(endpoint)) {
    return {
      status: 404,
      error: `There is no socket here: use /ws/ and one of ${[...endpoints].join(', ')}.`,
    };
  }
  const serviceHost = serviceHostIn(hostInPath, query);
  if (serviceHost === undefined) {
    return { status: 400, error: 'The service host must be one {agent}.{organization}, lower case.' };
  }
  const token = bearerToken(authorization) ?? queryToken(rawQuery) ?? tokenInPath ?? null;
  return { endpoint, serviceHost, token, body: query.get('body') };
}

/** Null when none is named, undefined when what is named cannot be one, or several are. */
function serviceHostIn(inPath: string | undefined, query: URLSearchParams): string | null | undefined {
  const hosts = new Set(query.getAll('serviceHost'));
  if (inPath !== undefined) hosts.add(inPath);
  const [serviceHost = null] = hosts;
  return hosts.size > 1 || (serviceHost !== null && !isServiceHost(serviceHost)) ? undefined : serviceHost;
}

/** Other schemes count as absent, a bearer of nothing does not; two headers are one malformed token. */
function bearerToken(authorization: readonly string[]): string | null {
  if (authorization.length > 1) return authorization.join();
  const bearer = /^bearer(?: (.*))?$/i.exec(authorization[0] ?? '');
  return bearer && (bearer[1] ?? '');
}

/** Undecoded: `%65yJ…` is another spelling, and only the issued one counts. Two tokens are one malformed token. */
function queryToken(query: string): string | null {
  const tokens = query.split('&').filter((pair) => new URLSearchParams(pair).has('token'));
  return tokens.length === 0 ? null : tokens.map((pair) => pair.slice(pair.indexOf('=') + 1)).join();
}
