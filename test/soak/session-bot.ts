import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';

/** A bot spoken to by hand: each dial is handed to whoever waits for its session. */
export interface SessionBot {
  readonly url: string;
  /** The connection over which a session was dialled, its handshake answered. */
  socketOf(session: string): Promise<Socket>;
  stop(): void;
}

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

export async function sessionBot(): Promise<SessionBot> {
  const waiting = new Map<string, (socket: Socket) => void>();
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket.on('error', () => {}).once('close', () => sockets.delete(socket)));
    let request = '';
    const read = (chunk: Buffer): void => {
      request += chunk.toString('latin1');
      if (!request.includes('\r\n\r\n')) return;
      socket.off('data', read);
      socket.pause(); // until somebody listens
      const key = /sec-websocket-key: (\S+)/i.exec(request)?.[1] ?? '';
      const accept = createHash('sha1').update(`${key}${GUID}`).digest('base64');
      const head = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
      socket.write([...head, `Sec-WebSocket-Accept: ${accept}`, '\r\n'].join('\r\n'));
      const session = /x-daily-session-id: (\S+)/i.exec(request)?.[1] ?? '';
      waiting.get(session)?.(socket);
      waiting.delete(session);
    };
    socket.on('data', read);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    socketOf: (session) => new Promise((resolve) => void waiting.set(session, resolve)),
    stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
