import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { failureOfStatus, type Failure } from './failure.ts';
import { readBody } from '../shared/http-body.ts';

/** Milliseconds for connection and handshake. Twilio's figure for a webhook's connection; for streams none is published. */
export const HANDSHAKE_TIMEOUT = 10_000;

/** Bytes of a refusal that are read. */
const MAX_REFUSAL = 65_536;

/** Bytes of one message from the bot. */
const MAX_MESSAGE = 16 * 1024 * 1024;

/** A socket that is open and paused, so that nothing said early is lost; or why there is none. */
export type Opened = { readonly socket: WebSocket } | { readonly failure: Failure };

/** Opens a media stream as a carrier does. Never rejects. */
export function openSocket(
  url: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Opened> {
  const { 'sec-websocket-protocol': offers = '', ...others } = headers;
  const subprotocols = offers.split(',').flatMap((offer) => offer.trim() || []);
  const socket = new WebSocket(url, subprotocols, {
    headers: others,
    perMessageDeflate: false,
    handshakeTimeout: HANDSHAKE_TIMEOUT,
    maxPayload: MAX_MESSAGE,
  });
  const giveUp = (): void => socket.terminate();
  signal.addEventListener('abort', giveUp, { once: true });
  socket.once('upgrade', (response) => {
    // A server may choose none of the offers (RFC 6455 §4.2.2), but the library takes that for a fault.
    if (subprotocols[0] !== undefined) response.headers['sec-websocket-protocol'] ??= subprotocols[0];
  });
  return new Promise<Opened>((resolve) => {
    socket.once('open', () => {
      socket.pause();
      resolve({ socket });
    });
    socket.once('unexpected-response', (request, response) => {
      resolve(failureOfResponse(response).finally(() => request.destroy()));
    });
    socket.on('error', (error) => resolve({ failure: unreachable(url, error) }));
  }).finally(() => signal.removeEventListener('abort', giveUp));
}

/** What the webhook's 403 means is another matter. */
const REFUSED =
  'look at the token or the secret at the end of the path, and at the signature: "hookswitch explain" says which';

async function failureOfResponse(response: IncomingMessage): Promise<Opened> {
  let body: string | null = null;
  try {
    body = await readBody(response, MAX_REFUSAL);
  } catch {
    // the status says enough
  }
  const status = response.statusCode ?? 0;
  const failure = failureOfStatus(status, body ?? '', 'the handshake of the stream was answered with');
  return { failure: status === 403 ? { ...failure, cure: REFUSED } : failure };
}

/** Without the URL's path: it holds the token. */
function unreachable(url: string, error: Error): Failure {
  return {
    reason: `the stream at ${new URL(url).host} cannot be opened: ${error.message || 'no connection'}`,
    cure: 'check that the public URL leads to the gateway, TLS included',
  };
}
