import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { GatewayError } from '../shared/errors.ts';
import { readBody } from '../shared/http-body.ts';
import { sentenceOf } from '../shared/http.ts';

/** Milliseconds for connection and handshake: Pipecat's `open_timeout`. */
export const OPEN_TIMEOUT = 10_000;

/** Bytes of a refusal that are read. */
const MAX_REFUSAL = 65_536;

export interface DialOptions {
  readonly uri: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes. */
  readonly maxMessageBytes: number;
  /** Gives up. */
  readonly signal: AbortSignal;
}

/**
 * Opens a WebSocket; `use` gets it before anything can be said on it. Throws ERR_TOKEN_REFUSED for 401 and 403, ERR_SOCKET_FAILED
 * for everything else, never with the URL's path or a header: they may hold a token.
 */
export function dial<T>(
  { uri, headers, maxMessageBytes, signal }: DialOptions,
  use: (socket: WebSocket) => T,
): Promise<T> {
  const socket = new WebSocket(uri, {
    headers,
    perMessageDeflate: false,
    handshakeTimeout: OPEN_TIMEOUT,
    maxPayload: maxMessageBytes,
  });
  const giveUp = (): void => socket.terminate();
  signal.addEventListener('abort', giveUp, { once: true });
  if (signal.aborted) giveUp();
  return new Promise<T>((resolve, reject) => {
    socket.once('open', () => resolve(use(socket)));
    socket.once('unexpected-response', (request, response) => {
      void readRefusal(response)
        .then((sentence) => reject(refusal(uri, response.statusCode ?? 0, sentence)))
        .finally(() => request.destroy());
    });
    socket.on('error', (cause) => {
      const sentence = `${uri.host} cannot be reached (${cause.message}): check the URL and whether it listens`;
      reject(new GatewayError('ERR_SOCKET_FAILED', sentence));
    });
  }).finally(() => signal.removeEventListener('abort', giveUp));
}

function refusal(uri: URL, status: number, sentence: string): GatewayError {
  const why = sentence === '' ? '' : `: ${sentence}`;
  if (status === 401 || status === 403) {
    const cure = 'get a new token from /start; each opens one connection';
    return new GatewayError('ERR_TOKEN_REFUSED', `${uri.host} answered ${status}${why} (${cure})`);
  }
  return new GatewayError('ERR_SOCKET_FAILED', `${uri.host} answered ${status}, not 101${why}`);
}

/** What the other side says about it; empty when that cannot be read. */
async function readRefusal(response: IncomingMessage): Promise<string> {
  try {
    return sentenceOf((await readBody(response, MAX_REFUSAL)) ?? '');
  } catch {
    return '';
  }
}
