import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { Limits } from './limits.ts';
import type { Leg } from './relay.ts';
import { webSocketBounds } from './web-socket-bounds.ts';

/** An upgrade request and the connection it came on. */
export interface Upgrade {
  readonly request: IncomingMessage;
  readonly wire: Duplex;
  /** Bytes that came with the request and belong to the WebSocket. */
  readonly head: Buffer;
}

/** Answers 101. Null when the caller has left already. */
export type Accept = (upgrade: Upgrade, subprotocol: string | null) => Leg | null;

export function acceptor(limits: Limits): Accept {
  const chosen = new WeakMap<IncomingMessage, string>();
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    handleProtocols: (_, request) => chosen.get(request) ?? false,
    ...webSocketBounds(limits),
  });

  return ({ request, wire, head }, subprotocol) => {
    if (subprotocol !== null) chosen.set(request, subprotocol);
    let leg: Leg | null = null;
    server.handleUpgrade(request, wire, head, (socket) => {
      socket.on('error', () => {}); // 'close' follows and carries the news; unheard, it would end the process
      leg = { socket, wire };
    });
    return leg;
  };
}

/** Aborts when the caller leaves before it was answered, without taking anything from what it may have sent. */
export function callerLeaving(wire: Duplex): {
  readonly signal: AbortSignal;
  readonly abort: () => void;
  readonly done: () => void;
} {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  const look = (): void => void wire.read(0); // lets 'end' come when there is nothing left to read
  wire.on('readable', look).on('end', abort).on('close', abort);
  if (wire.readableEnded || wire.destroyed) abort(); // left while its token was looked up
  return {
    signal: controller.signal,
    abort,
    done: () => void wire.off('readable', look).off('end', abort).off('close', abort),
  };
}
