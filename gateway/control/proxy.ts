import type { Request, RequestHandler } from 'express';
import { signDial } from '../../shared/bot-signature.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { AgentTable } from '../agents.ts';
import { valuesOf } from '../handshake.ts';
import type { Authorize } from '../keys.ts';
import type { Limits } from '../limits.ts';
import { loggedError, type Log } from '../log.ts';
import { seatedBot } from '../pools/bots.ts';
import type { SessionStore } from '../sessions/store.ts';
import { run, type Errand } from './errand.ts';
import { sessionOf, unknownSession } from './session-of.ts';

export interface SessionProxyOptions {
  readonly agents: AgentTable;
  readonly sessions: SessionStore;
  /** By public key. Asked before anything else is looked at. */
  readonly organizationOf: Authorize;
  readonly limits: Pick<Limits, 'proxyTimeout'>;
  /** Shared with bots that verify `x-gateway-signature`; null sends none. */
  readonly botSecret: string | null;
  readonly log: Log;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Those that Pipecat Cloud passes on. TRACE would repeat to the caller what we add. */
export const PROXY_METHODS = ['get', 'post', 'put', 'patch', 'delete', 'options', 'head'] as const;

/** What a bot gets to see of a request's headers, beside those made here. */
const PASSED_ON = [
  'accept',
  'accept-language',
  'content-type',
  'if-match',
  'if-none-match',
  'traceparent',
  'tracestate',
  'user-agent',
];

/**
 * ANY /v1/public/{agent}/sessions/{id}/{path}: passed on to the bot that holds the session, redirects passed back.
 * `request.body`: the bytes, as `rawBody` leaves them. Rejects with a GatewayError while nothing is answered.
 */
export function sessionProxy(options: SessionProxyOptions): RequestHandler {
  const { limits, log } = options;
  return async (request, response) => {
    const { session, errand } = await readErrand(request, options);
    const { method } = errand;
    try {
      await run(errand, response, limits.proxyTimeout);
      log.info({ session, method, status: response.statusCode }, 'request passed on to a bot');
    } catch (error) {
      log.warn({ session, method, ...loggedError(error) }, 'request to a bot failed');
      if (!response.headersSent) throw error;
      response.destroy();
    }
  };
}

async function readErrand(
  request: Request,
  { agents, sessions, organizationOf, botSecret, now }: SessionProxyOptions,
): Promise<{ session: string; errand: Errand }> {
  const organization = organizationOf(valuesOf(request, 'authorization').join());
  const target = readTarget(request.originalUrl);
  const agent = agents.inOrganization(organization, target.agent);
  const { id, bot: url, ending } = await sessionOf(agent, target.session, sessions);
  if (ending) throw unknownSession();
  const bot = seatedBot(agent, url);
  if (!bot) throw new GatewayError('ERR_BOT_UNREACHABLE', 'this session has no bot yet: ask again');
  const headers: Record<string, string> = { 'x-daily-session-id': id };
  if (botSecret !== null) headers['x-gateway-signature'] = signDial(botSecret, id, target.path, now());
  for (const name of PASSED_ON) {
    const value = request.get(name);
    if (value !== undefined) headers[name] = value;
  }
  const body = request.body instanceof Buffer ? request.body : Buffer.alloc(0);
  return {
    session: id,
    errand: { bot, method: request.method, path: target.path + target.query, headers, body },
  };
}

interface Target {
  readonly agent: string;
  readonly session: string;
  /** On the bot. Never decoded, nor given to `new URL`, which turns `%2e%2e`, backslashes and `//host` into other paths. */
  readonly path: string;
  /** With "?", or empty. */
  readonly query: string;
}

/**
 * RFC 3986 §3.3, less what some server takes for another path: empty segments, "." and "..", also with parameters; and
 * percent-encoded controls, dots, slashes, backslashes and percent signs.
 */
const SEGMENT = String.raw`(?!\.{0,2}(?:[/;?]|$))(?:[\w.~!$&'()*+,;=:@-]|%(?!2[5ef]|5c|7f)[2-9a-f][\da-f])+`;
const TARGET = new RegExp(
  String.raw`^/v1/public/([^/?]+)/sessions/([^/?]+)(/(?:${SEGMENT}/)*(?:${SEGMENT})?)(\?[!"$-~]*)?$`,
  'i',
);

function readTarget(url: string): Target {
  const [, agent, session, path, query = ''] = TARGET.exec(url) ?? [];
  if (agent !== undefined && session !== undefined && path !== undefined)
    return { agent, session, path, query };
  throw new GatewayError(
    'ERR_REQUEST_INVALID',
    'this path is not passed on to bots: leave out empty segments, "..", and encoded dots, slashes and percent signs',
  );
}
