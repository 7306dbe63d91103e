import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { faultsOf, matching, type Matched, type Operation } from './operations.ts';

/** A request that reached the API, whether good or not. */
export interface ApiRequest {
  /** `POST /v2/calls/{call_control_id}/actions/hangup`; method and path as they came where there is no such operation. */
  readonly operation: string;
  readonly path: string;
  /** Of the template. */
  readonly places: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface ApiAnswer {
  readonly status: number;
  /** Sent as JSON; text as it is; null is no body. */
  readonly body: unknown;
}

/** What differs between carriers. */
export interface Personality {
  readonly operations: readonly Operation[];
  /** Value of the Authorization header. */
  readonly authorization: string;
  readonly unauthorized: ApiAnswer;
  /** `faults`: sentences. */
  readonly refused: (status: number, faults: readonly string[]) => ApiAnswer;
  /** Answers good requests, by operation. Null: the thing in the path is not there. */
  readonly handlers: Readonly<Record<string, (request: ApiRequest) => unknown>>;
}

/** A carrier's REST API on a real port: each request is checked against the carrier's published description. */
export interface ApiServer {
  /** `http://127.0.0.1:port`, without the carrier's own first path segment. */
  readonly origin: string;
  readonly requests: readonly ApiRequest[];
  /** Why requests were refused, in order: empty when every one was as the carrier wants it. */
  readonly faults: readonly string[];
  /** Asked before each good request is answered: what it returns is the answer instead. */
  intercept: (request: ApiRequest) => ApiAnswer | null | undefined;
  /** Milliseconds since the epoch, for the Date header of every answer. */
  now: () => number;
  close(): Promise<void>;
}

/** Bytes of a request; the carriers' own limits are larger. */
const MAX_BYTES = 64 * 1024;

export async function apiServer(personality: Personality): Promise<ApiServer> {
  const requests: ApiRequest[] = [];
  const faults: string[] = [];
  const server = createServer({ keepAlive: false }, (request, response) => {
    void answer(request)
      .catch((error: unknown) => ({ status: 500, body: String(error) }))
      .then((said) => say(response, said, api.now()));
  });

  async function answer(request: IncomingMessage): Promise<ApiAnswer> {
    const { method = '', url = '', headers } = request;
    const { pathname, searchParams } = new URL(url, 'http://api');
    const text = await textOf(request);
    const matched = matching(personality.operations, method, pathname);
    const refused = (status: number, found: readonly string[]): ApiAnswer => {
      faults.push(...found.map((fault) => `${matched?.operation.name ?? `${method} ${pathname}`}: ${fault}`));
      return personality.refused(status, found);
    };
    if (headers.authorization !== personality.authorization) {
      faults.push(`${method} ${pathname}: missing or wrong credentials`);
      return personality.unauthorized;
    }
    if (!matched) return refused(404, ['there is no such operation']);
    const read = readBody(matched.operation, headers['content-type'] ?? '', text);
    if (typeof read === 'string') return refused(415, [read]);
    const query = Object.fromEntries(searchParams);
    const said: ApiRequest = {
      operation: matched.operation.name,
      path: pathname,
      ...of(matched),
      query,
      body: read,
    };
    requests.push(said);
    const found = [...faultsOf(matched.operation.query, query), ...faultsOf(matched.operation.body, read)];
    if (found.length > 0) return refused(400, found);
    return api.intercept(said) ?? answerOf(said, matched.operation, personality);
  }

  server.listen(0, '127.0.0.1');
  await new Promise<void>((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const api: ApiServer = {
    origin: `http://127.0.0.1:${port}`,
    requests,
    faults,
    intercept: () => null,
    now: Date.now,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return api;
}

function of({ places }: Matched): Pick<ApiRequest, 'places'> {
  return { places };
}

function answerOf(request: ApiRequest, { status }: Operation, { handlers, refused }: Personality): ApiAnswer {
  const body = handlers[request.operation]?.(request);
  if (body === null || body === undefined) return refused(404, ['there is no such thing in this account']);
  if (isAnswer(body)) return body;
  return { status, body: status === 204 ? null : body };
}

/** A handler may answer with a status of its own. */
function isAnswer(body: unknown): body is ApiAnswer {
  return typeof body === 'object' && body !== null && 'status' in body && 'body' in body;
}

/** A sentence when it is of another type. */
function readBody({ bodyType }: Operation, type: string, text: string): Record<string, unknown> | string {
  const wanted = { form: 'application/x-www-form-urlencoded', json: 'application/json', none: '' }[bodyType];
  if (bodyType === 'none') return text === '' || text === '{}' ? {} : 'this operation has no body';
  if (text === '') return {};
  if (type.split(';')[0]?.trim() !== wanted) return `the body must be ${wanted}`;
  if (bodyType === 'form') return flat(new URLSearchParams(text));
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // said below
  }
  return 'the body must be a JSON object';
}

/** A name that comes several times has an array. */
function flat(params: URLSearchParams): Record<string, unknown> {
  return Object.fromEntries(
    [...new Set(params.keys())].map((name) => {
      const values = params.getAll(name);
      return [name, values.length > 1 ? values : values[0]];
    }),
  );
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > MAX_BYTES) throw new RangeError('the request is too long');
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString();
}

function say(response: ServerResponse, { status, body }: ApiAnswer, now: number): void {
  const type = typeof body === 'string' ? 'text/html; charset=utf-8' : 'application/json';
  response.writeHead(status, { date: new Date(now).toUTCString(), 'content-type': type });
  response.end(body === null ? undefined : typeof body === 'string' ? body : JSON.stringify(body));
}
