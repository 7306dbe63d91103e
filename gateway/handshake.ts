import { STATUS_CODES, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { refusal, type HttpResponse } from '../shared/http.ts';
import { LINGER, MAX_HEADERS, MAX_URL_CHARACTERS } from './limits.ts';
import type { Leg } from './relay/leg.ts';

/** What must hold of an upgrade request, in this order, and how it is refused when it does not. */
const rules: readonly [holds: (request: IncomingMessage) => boolean, refused: HttpResponse][] = [
  [({ httpVersion }) => httpVersion === '1.1', refusal(505, '505', 'A WebSocket opens over HTTP/1.1.')],
  // Node cuts off what is over the limit, and a Content-Length could be in that.
  [
    ({ rawHeaders }) => rawHeaders.length <= 2 * MAX_HEADERS,
    refusal(431, '431', `The request has over ${MAX_HEADERS} headers.`),
  ],
  // A body would be handed to the bot as if it were frames.
  [hasNoBody, refusal(400, '400', 'An upgrade request has no body.')],
  [(request) => valuesOf(request, 'host').length === 1, refusal(400, '400', 'Send one Host header.')],
  [
    ({ url = '' }) => url.length <= MAX_URL_CHARACTERS,
    refusal(414, '414', `The request target is over ${MAX_URL_CHARACTERS} characters.`),
  ],
  [
    ({ method }) => method === 'GET',
    refusal(405, '405', 'A WebSocket opens with GET.', { headers: { allow: 'GET' } }),
  ],
  [
    ({ headers }) => headers.upgrade?.toLowerCase() === 'websocket',
    refusal(400, '400', 'Only an upgrade to websocket is possible here.'),
  ],
  [
    ({ headers }) => headers['sec-websocket-version'] === '13',
    refusal(426, '426', 'Sec-WebSocket-Version must be 13.', { headers: { 'sec-websocket-version': '13' } }),
  ],
  [
    (request) =>
      valuesOf(request, 'sec-websocket-key').length === 1 &&
      isKey(request.headers['sec-websocket-key'] ?? ''),
    refusal(400, '400', 'Sec-WebSocket-Key must be 16 bytes in base64, once.'),
  ],
  [hasFitSubprotocols, refusal(400, '400', 'Sec-WebSocket-Protocol must be tokens, each once.')],
];

/**
 * How an upgrade request is refused before anybody asks who sends it; null when it is a WebSocket handshake of RFC 6455
 * §4.1. Checked here and not left to the WebSocket library, because bots are dialled before it is asked.
 */
export function handshakeProblem(request: IncomingMessage): HttpResponse | null {
  return rules.find(([holds]) => !holds(request))?.[1] ?? null;
}

function hasNoBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] === undefined && (headers['content-length'] ?? '0') === '0';
}

function isKey(key: string): boolean {
  return /^[A-Za-z0-9+/]{21}[AQgw]==$/.test(key);
}

/** Every value of a header, as often as it was sent. `name`: in lower case. */
export function valuesOf({ rawHeaders }: IncomingMessage, name: string): string[] {
  return rawHeaders.filter(
    (_, index) =>
      index % 2 === 1 &&
      rawHeaders[index - 1]?.length === name.length &&
      rawHeaders[index - 1]?.toLowerCase() === name,
  );
}

/** Neither WebSocket library, to the caller or to the bot, takes others. */
function hasFitSubprotocols(request: IncomingMessage): boolean {
  const offers = subprotocolsOf(request);
  return new Set(offers).size === offers.length && offers.every((offer) => TOKEN.test(offer));
}

/** RFC 9110 §5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Offers of `Sec-WebSocket-Protocol`, in order. */
export function subprotocolsOf({ headers }: IncomingMessage): readonly string[] {
  return headers['sec-websocket-protocol']?.split(',').map((offer) => offer.trim()) ?? [];
}

/** Answers an upgrade request with an ordinary HTTP response and ends the connection: no 101 is ever sent after it. */
export function refuse(socket: Duplex, { status, headers, body }: HttpResponse): void {
  const head = Object.entries({
    ...headers,
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  });
  const lines = head.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  // Read on, so that the peer's end is seen; but a peer that never ends keeps no socket of ours half open.
  socket.resume();
  const late = setTimeout(() => socket.destroy(), LINGER);
  socket.once('close', () => clearTimeout(late));
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines}\r\n${body}`);
}

/** The same, once the connection has become a leg. */
export function refuseLeg(leg: Leg, response: HttpResponse): void {
  leg.discard();
  refuse(leg.socket, response);
}
