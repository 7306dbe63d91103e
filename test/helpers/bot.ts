import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';

export interface TestBot {
  readonly url: string;
  /** Upgrade requests it accepted, in order. */
  readonly dials: readonly IncomingMessage[];
  readonly sockets: readonly WebSocket[];
  /** The next socket that is opened to it. */
  next(): Promise<WebSocket>;
  close(): Promise<void>;
}

export interface TestBotOptions {
  /** An address of this machine; default 127.0.0.1. */
  readonly host?: string;
  readonly port?: number;
  /** Told about every new socket; the default repeats each message as it came. */
  readonly talk?: (socket: WebSocket, request: IncomingMessage) => void;
  /** Its choice among the offered subprotocols. */
  readonly subprotocol?: string;
  /** Milliseconds before it answers the handshake. */
  readonly delay?: number;
  /** Answers what is no WebSocket, such as health checks; nobody does by default. */
  readonly answer?: RequestListener;
}

export function echo(socket: WebSocket): void {
  socket.on('message', (data, binary) => socket.send(data, { binary }));
}

/** A real bot on a real port. */
export async function testBot(options: TestBotOptions = {}): Promise<TestBot> {
  const { host = '127.0.0.1', port = 0, talk = echo, subprotocol, delay = 0, answer } = options;
  const dials: IncomingMessage[] = [];
  const sockets: WebSocket[] = [];
  const http = createServer(answer);
  const server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    handleProtocols: () => subprotocol ?? false,
  });
  http.on('upgrade', (request, wire, head) => {
    wire.on('error', () => {});
    const open = (): void =>
      server.handleUpgrade(request, wire, head, (socket) => {
        dials.push(request);
        sockets.push(socket);
        socket.on('error', () => {});
        talk(socket, request);
        server.emit('opened', socket);
      });
    if (delay > 0) setTimeout(open, delay);
    else open();
  });
  http.listen(port, host);
  await once(http, 'listening');
  return {
    url: `ws://${host}:${(http.address() as AddressInfo).port}/ws`,
    dials,
    sockets,
    async next() {
      const [socket] = (await once(server, 'opened')) as [WebSocket];
      return socket;
    },
    async close() {
      for (const socket of sockets) socket.terminate();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

/** A port on which nothing listens, for as long as nobody else takes it. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
