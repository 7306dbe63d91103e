import { GatewayError } from './errors.ts';
import { parseFields } from './fields.ts';
import { readBody } from './http-body.ts';
import { sentenceOf } from './http.ts';
import type { Call, Fetch } from './provider.ts';

/** What opens a session, whoever asks. */
export interface StartRequest {
  /** Null means the default agent. */
  readonly agent: string | null;
  /** "websocket", or the name of the provider that will open the socket. */
  readonly transport: string;
  /** The phone call this session is for: its id is bound to the token. Null when there is none. */
  readonly call: Call | null;
  /** JSON text, handed to the bot byte for byte. Null when there is none. */
  readonly body: string | null;
}

export interface StartReply {
  readonly sessionId: string;
  /** Socket address without the token. */
  readonly wsUrl: string;
  /** One use, five minutes. Null when the agent asks for none. */
  readonly token: string | null;
}

/**
 * Opens a session. In the gateway this is a local function; elsewhere it is `startOver(…)`.
 * Throws GatewayError: ERR_AGENT_UNKNOWN, ERR_AT_CAPACITY, ERR_DRAINING, ERR_REQUEST_INVALID, ERR_REQUEST_TOO_LARGE,
 * ERR_STORE_FULL, ERR_STORE_UNAVAILABLE; from afar only ERR_START_FAILED.
 */
export type StartSession = (request: StartRequest) => Promise<StartReply>;

/** What a bot finds under `call` in its body when the session began as a phone call. */
export function callFacts(provider: string, call: Call): Record<string, string> {
  return { provider, id: call.id, from: call.from, to: call.to, direction: call.direction };
}

/** Milliseconds from issue to expiry of a token. */
export const TOKEN_TTL = 300_000;

/**
 * Milliseconds a distant /start may take, its body included. A Twilio Function has 10 s in all; two are a margin, and half
 * a second is for everything else the handler does. The caller hears silence meanwhile.
 */
export const START_TIMEOUT = 7500;

/** Bytes of an answer of /start. Ours has a few hundred; Pipecat Cloud hands back up to 4 KB of body, encoded. */
export const MAX_START_ANSWER = 65_536;

/** Whose /start it is. */
export type StartApi = 'hookswitch' | 'pipecat-cloud';

export interface StartOverOptions {
  /** The whole URL: `https://voice.example.com/v1/public/support/start`, or Pipecat Cloud's own. */
  readonly startUrl: string;
  /** A public key, `pk_…`. */
  readonly publicKey: string;
  /** "hookswitch" when not said. */
  readonly startApi?: StartApi;
  /** False for agents with `websocket_auth = "none"`: they take no body. */
  readonly withBody: boolean;
  readonly fetch: Fetch;
}

/** StartSession over HTTP, for handlers that live away from the gateway. Throws ERR_START_FAILED. */
export function startOver(options: StartOverOptions): StartSession {
  const { startUrl, publicKey, startApi = 'hookswitch', withBody, fetch } = options;
  const write = startApi === 'pipecat-cloud' ? () => PIPECAT_REQUEST : requestOf;
  return async (request) => {
    const text = await post(fetch, startUrl, publicKey, write(request, withBody));
    const reply = parseFields(text, 'ERR_START_FAILED');
    return {
      sessionId: reply.string('sessionId'),
      wsUrl: reply.string('wsUrl'),
      token: reply.has('token') ? reply.string('token') : null,
    };
  };
}

/**
 * Pipecat Cloud knows three transports, of which carriers use this one, and hands a body back for the query of the socket's
 * URL, where carriers drop it: so none is sent. The agent is in the path.
 *
 * @see https://docs.pipecat.ai/pipecat-cloud/guides/websocket-authentication (read 2026-11-21)
 * @see https://docs.pipecat.ai/api-reference/pipecat-cloud/rest-reference/openapi-start.json (read 2026-11-21)
 */
const PIPECAT_REQUEST = '{"transport":"websocket"}';

function requestOf({ agent, transport, call, body }: StartRequest, withBody: boolean): string {
  const facts = call === null ? null : JSON.stringify({ call: callFacts(transport, call) });
  const given = withBody ? (body ?? facts) : null;
  const members = [
    `"transport":${JSON.stringify(transport)}`,
    ...(agent === null ? [] : [`"agent":${JSON.stringify(agent)}`]),
    ...(call === null ? [] : [`"call":${JSON.stringify(call)}`]),
    ...(given === null ? [] : [`"body":${given}`]),
  ];
  return `{${members.join()}}`;
}

async function post(fetch: Fetch, url: string, publicKey: string, body: string): Promise<string> {
  let response: Response;
  let text: string | null;
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${publicKey}`, 'content-type': 'application/json' },
      body,
      redirect: 'manual', // an answer like any other that is not 200; Workers know no "error"
      signal: AbortSignal.timeout(START_TIMEOUT),
    });
    text = await readBody(response.body, MAX_START_ANSWER);
  } catch (cause) {
    const why = isTimeout(cause) ? `did not answer within ${START_TIMEOUT} ms` : 'cannot be reached';
    throw new GatewayError('ERR_START_FAILED', `/start ${why}`, { cause });
  }
  if (text === null) {
    throw new GatewayError('ERR_START_FAILED', `/start answered more than ${MAX_START_ANSWER} bytes`);
  }
  if (response.ok) return text;
  const sentence = sentenceOf(text);
  const why = sentence === '' ? '' : `: ${sentence}`;
  throw new GatewayError('ERR_START_FAILED', `/start answered ${response.status}${why}`);
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'TimeoutError';
}
