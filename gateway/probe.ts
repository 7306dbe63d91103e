import { createHmac, randomBytes } from 'node:crypto';
import type { IncomingMessage, RequestListener } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { z } from 'zod';
import { sameSecret } from '../shared/compare.ts';
import { jsonIn } from '../shared/json-text.ts';
import { handshakeProblem } from './handshake.ts';
import { deriveKey, type MasterSecret } from './secrets.ts';

/** Carries a probe's ticket. On any path: what a proxy does to the paths that carriers use is the question. */
export const PROBE_HEADER = 'x-hookswitch-probe';

/** Milliseconds that the clocks of asker and gateway may differ: what they differ by is the answer to another question. */
export const PROBE_TOLERANCE = 600_000;
/** Sockets of probes at once: an operator needs one. */
export const MAX_PROBE_SOCKETS = 4;
/** Milliseconds such a socket lives: longer than any proxy's usual limit for idle ones. */
export const PROBE_LIFE = 180_000;

/** What a request looked like when it arrived. */
export interface Seen {
  readonly method: string;
  /** Path and query, byte for byte. */
  readonly target: string;
  /** The gateway's clock, milliseconds since the epoch. */
  readonly now: number;
}

/** One question, which only a holder of the gateway's secrets can ask, and only such a one can answer. */
export interface Probe {
  /** Value of PROBE_HEADER. */
  readonly ticket: string;
  /** Null when the answer is not this gateway's, or answers another question. */
  read(answer: string): Seen | null;
}

const LABEL = 'hookswitch/probe/v1';
const SeenData = z.object({ method: z.string(), target: z.string(), now: z.number() });
const Sealed = z.object({ seen: z.string(), mac: z.string() });

/** `now`: milliseconds since the epoch. */
export function newProbe(secrets: readonly MasterSecret[], now: number): Probe {
  const [first] = secrets;
  if (!first) throw new TypeError('a probe needs a secret');
  const key = deriveKey(first, LABEL);
  const seconds = String(Math.floor(now / 1000));
  const nonce = randomBytes(16).toString('base64url');
  return {
    ticket: `${seconds}.${nonce}.${mac(key, 'ask', seconds, nonce)}`,
    read(answer) {
      const { data: sealed } = Sealed.safeParse(jsonIn(answer));
      if (!sealed || !sameSecret(sealed.mac, mac(key, 'answer', nonce, sealed.seen))) return null;
      return SeenData.safeParse(jsonIn(sealed.seen)).data ?? null;
    },
  };
}

export interface ProbeOptions {
  readonly secrets: readonly MasterSecret[];
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Whoever cannot prove that it may ask is told nothing, not even that. */
export interface Probes {
  /** Answers probes, and leaves all other requests to `next`. */
  readonly before: (next: RequestListener) => RequestListener;
  /** True when it was a probe, and is dealt with. */
  readonly upgrade: (request: IncomingMessage, wire: Duplex, head: Buffer) => boolean;
}

/** The gateway's end: says what reached it. Nothing is started, counted or logged. */
export function probes({ secrets, now }: ProbeOptions): Probes {
  const keys = secrets.map((secret) => deriveKey(secret, LABEL));
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 1024, perMessageDeflate: false });

  function answerTo(ticket: unknown, method: string, target: string): string | null {
    const [, seconds = '', nonce = '', given = ''] =
      /^(\d{1,12})\.([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{43})$/.exec(
        typeof ticket === 'string' ? ticket : '',
      ) ?? [];
    if (nonce === '' || Math.abs(Number(seconds) * 1000 - now()) > PROBE_TOLERANCE) return null;
    const [key] = keys.filter((one) => sameSecret(given, mac(one, 'ask', seconds, nonce)));
    if (!key) return null;
    const seen = JSON.stringify({ method, target, now: now() } satisfies Seen);
    return JSON.stringify({ seen, mac: mac(key, 'answer', nonce, seen) });
  }

  return {
    before: (next) => (request, response) => {
      const { headers, method = '', url = '' } = request;
      const answer = answerTo(headers[PROBE_HEADER], method, url);
      if (answer === null) return next(request, response);
      response
        .writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' })
        .end(answer);
    },
    upgrade(request, wire, head) {
      const { headers, method = '', url = '' } = request;
      if (headers[PROBE_HEADER] === undefined || handshakeProblem(request)) return false;
      const answer = answerTo(headers[PROBE_HEADER], method, url);
      if (answer === null || sockets.clients.size >= MAX_PROBE_SOCKETS) return false;
      sockets.handleUpgrade(request, wire, head, (socket) => {
        const over = setTimeout(() => socket.terminate(), PROBE_LIFE).unref();
        socket.on('error', () => {}).once('close', () => clearTimeout(over));
        socket.send(answer);
      });
      return true;
    },
  };
}

function mac(key: Buffer, ...parts: readonly string[]): string {
  return createHmac('sha256', key)
    .update([LABEL, ...parts].join('\0'))
    .digest('base64url');
}
