import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { MAX_EARLY_BYTES } from './limits.ts';
import type { Leg } from './relay/leg.ts';

/** An upgrade request and the connection it came on. */
export interface Upgrade {
  readonly request: IncomingMessage;
  readonly caller: Leg;
}

/** RFC 6455 §1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** The Sec-WebSocket-Accept that answers a Sec-WebSocket-Key. */
export function acceptOf(key: string): string {
  return createHash('sha1')
    .update(key + GUID)
    .digest('base64');
}

/** Answers 101. `request`: its handshake was found good. `subprotocol`: one of its offers, or null. */
export function accept({ request, caller }: Upgrade, subprotocol: string | null): void {
  const lines = [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${acceptOf(request.headers['sec-websocket-key'] ?? '')}`,
    ...(subprotocol === null ? [] : [`Sec-WebSocket-Protocol: ${subprotocol}`]),
  ];
  caller.socket.write(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}

/** Somebody who may leave while others work for him. */
export interface Leaving {
  hasLeft: boolean;
  /** Told once, at that moment. */
  onLeft: (() => void) | null;
}

export function leave(leaving: Leaving): void {
  leaving.hasLeft = true;
  leaving.onLeft?.();
}

/** Keeps what a caller says while its bot is dialled, and notices when it leaves. */
export function callerLeaving(caller: Leg): Leaving {
  const leaving: Leaving = { hasLeft: false, onLeft: null };
  caller.handTo({ read: () => caller.filled < MAX_EARLY_BYTES, left: () => leave(leaving) });
  return leaving;
}
