import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Bots with which no call can begin, and what each does with a dial. */
const manners: Readonly<Record<string, (socket: Socket) => void>> = {
  refuses: () => {},
  hangs: () => {},
  'hangs up': (socket) => socket.end(),
  resets: (socket) => socket.resetAndDestroy(),
  'answers 500': (socket) => socket.end('HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n'),
  redirects: (socket) =>
    socket.end('HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n'),
  'talks garbage': (socket) => socket.write(Buffer.alloc(4096, 0xa5)),
  'lies in its handshake': (socket) =>
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        'Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n',
    ),
};

export interface BadBots {
  /** Bot URL by what it does; one refuses connections. */
  readonly urls: Readonly<Record<string, string>>;
  stop(): void;
}

export async function badBots(): Promise<BadBots> {
  const sockets = new Set<Socket>();
  const servers: Server[] = [];
  const urls: Record<string, string> = {};
  for (const [manner, behave] of Object.entries(manners)) {
    const server = createServer((socket) => {
      sockets.add(socket.on('error', () => {}).once('close', () => sockets.delete(socket)));
      socket.once('data', () => behave(socket));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    urls[manner] = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    if (manner === 'refuses') server.close();
    else servers.push(server);
  }
  return {
    urls,
    stop() {
      for (const socket of sockets) socket.destroy();
      for (const server of servers) server.close();
    },
  };
}
