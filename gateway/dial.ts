import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import { GatewayError } from '../shared/errors.ts';
import type { Limits } from './limits.ts';
import type { Leg } from './relay.ts';
import { webSocketBounds } from './web-socket-bounds.ts';

/** A bot and what it is told. */
export interface DialTarget {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Dial {
  /** Tried in turn, each at most once. */
  readonly targets: readonly DialTarget[];
  /** The caller's offers. */
  readonly subprotocols: readonly string[];
  /** Aborted when the caller leaves: nobody is left to talk to. */
  readonly signal: AbortSignal;
}

export interface BotLeg extends Leg {
  /** The bot's choice among the offers; empty when it chose none. */
  readonly subprotocol: string;
}

/** Opens a paused socket to the first bot that answers. Rejects with ERR_BOT_UNREACHABLE. */
export async function dialBot(dial: Dial, limits: Limits): Promise<BotLeg> {
  let failure: unknown;
  for (const target of dial.targets) {
    if (dial.signal.aborted) break;
    try {
      return await dialOne(target, dial, limits);
    } catch (error) {
      failure = error;
    }
  }
  throw new GatewayError(
    'ERR_BOT_UNREACHABLE',
    'no bot answered: check that it listens at its configured URL',
    {
      cause: failure,
    },
  );
}

/**
 * The socket comes paused: a bot may greet in the very packet that completes its handshake, before whoever awaits this
 * promise has had a turn to listen.
 */
function dialOne(
  { url, headers }: DialTarget,
  { subprotocols, signal }: Dial,
  limits: Limits,
): Promise<BotLeg> {
  const socket = new WebSocket(url, [...new Set(subprotocols)], {
    headers,
    perMessageDeflate: false,
    followRedirects: false,
    handshakeTimeout: limits.dialTimeout,
    ...webSocketBounds(limits),
  });
  const giveUp = (): void => socket.terminate();
  // `handshakeTimeout` counts silence; a bot that drips its headers would never be silent.
  const timer = setTimeout(giveUp, limits.dialTimeout);
  signal.addEventListener('abort', giveUp, { once: true });

  let wire: Socket | undefined;
  let chosen = '';
  socket.once('upgrade', (response) => {
    wire = response.socket;
    chosen = response.headers['sec-websocket-protocol'] ?? '';
    // A bot may choose none of the offers (RFC 6455 §4.2.2), but the library takes that for a fault.
    if (chosen === '' && subprotocols[0] !== undefined) {
      response.headers['sec-websocket-protocol'] = subprotocols[0];
    }
  });

  return new Promise<BotLeg>((resolve, reject) => {
    socket.once('open', () => {
      socket.pause();
      if (wire) resolve({ socket, wire, subprotocol: chosen });
    });
    socket.on('error', reject);
  }).finally(() => {
    clearTimeout(timer);
    signal.removeEventListener('abort', giveUp);
  });
}
