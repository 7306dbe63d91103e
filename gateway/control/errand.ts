import {
  request as openPlain,
  type ClientRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { request as openSecure } from 'node:https';
import { pipeline } from 'node:stream/promises';
import { GatewayError } from '../../shared/errors.ts';
import { destinationOf, type Bot } from '../pools/bots.ts';

/** A request that is to be made of a bot. */
export interface Errand {
  readonly bot: Bot;
  readonly method: string;
  /** Path and query, as they go on the wire. */
  readonly path: string;
  /** Without Host and Content-Length. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** RFC 9110 §7.6.1: between two neighbours only. And no page of a bot sets cookies for the gateway's host. */
const KEPT_BACK = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'set-cookie',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/**
 * Asks a bot, and answers with what it answers, as it comes. Resolves when all is said.
 * `timeout`: milliseconds for the whole of it. Rejects with ERR_BOT_TIMEOUT or ERR_BOT_REFUSED; what is answered by then
 * is only a part.
 */
export async function run(errand: Errand, response: ServerResponse, timeout: number): Promise<void> {
  const outgoing = open(errand);
  const late = setTimeout(() => {
    const sentence = `the bot did not answer within ${timeout / 1000} s: see limits.proxy_timeout`;
    outgoing.destroy(new GatewayError('ERR_BOT_TIMEOUT', sentence));
  }, timeout);
  const hangUp = (): void => void outgoing.destroy();
  response.once('close', hangUp);
  try {
    const incoming = await answerOf(outgoing);
    response.writeHead(incoming.statusCode ?? 502, passedBack(incoming));
    await pipeline(incoming, response);
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    throw new GatewayError('ERR_BOT_REFUSED', 'the bot gave no proper answer: see its log', { cause: error });
  } finally {
    clearTimeout(late);
    outgoing.destroy();
  }
}

/** A connection of its own, so that no answer can be another request's. */
function open({ bot, method, path, headers, body }: Errand): ClientRequest {
  const { protocol, host } = new URL(bot.named);
  const length = body.length > 0 ? { 'content-length': body.length } : {};
  const outgoing = (protocol === 'wss:' ? openSecure : openPlain)({
    ...destinationOf(bot),
    agent: false,
    method,
    path,
    headers: { host, ...headers, ...length },
  });
  return outgoing.end(body);
}

function answerOf(outgoing: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    outgoing.once('response', resolve).on('error', reject);
    outgoing.once('upgrade', (_response, socket) => {
      socket.destroy();
      reject(new Error('it switched to a protocol that nobody asked for'));
    });
  });
}

function passedBack({ headersDistinct, headers }: IncomingMessage): Record<string, string[]> {
  const named =
    headers.connection
      ?.toLowerCase()
      .split(',')
      .map((name) => name.trim()) ?? [];
  const keptBack = new Set([...KEPT_BACK, ...named]);
  return Object.fromEntries(
    Object.entries(headersDistinct).flatMap(([name, values]) =>
      values && !keptBack.has(name) ? [[name, values]] : [],
    ),
  );
}
