import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { startDemoBot } from '../../demo/bot.ts';
import { addressOf } from '../../shared/listening.ts';

/** Milliseconds after which a dying bot is gone: in the middle of its greeting. */
const DIES_AFTER = 400;

/** A bot of a rehearsal, on a port of its own. */
export interface RehearsalBot {
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** Nobody listens there, and nobody can begin to: the port is that of a connection of ours. */
export async function absentBot(): Promise<RehearsalBot> {
  const server = await listening(createServer());
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  await once(socket, 'connect');
  const { localPort } = socket;
  return {
    url: botUrl(localPort),
    async close() {
      socket.destroy();
      await server.close();
    },
  };
}

/** Takes the connection and never answers the handshake. */
export function silentBot(): Promise<RehearsalBot> {
  return listening(createServer());
}

/** The demo bot. `onVoice`: told when it begins to talk. */
export async function talkingBot(onVoice: (socket: Socket) => void = () => {}): Promise<RehearsalBot> {
  const bot = await startDemoBot();
  const front = await listening(relayTo(bot.url, onVoice));
  return { url: front.url, close: () => front.close().then(() => bot.close()) };
}

/** The demo bot, whose process ends while it greets: no close frame, no more bytes. */
export function dyingBot(): Promise<RehearsalBot> {
  return talkingBot((socket) => void setTimeout(() => socket.destroy(), DIES_AFTER));
}

/** Bytes to and from a bot. Its first are the answer to the handshake, the next ones are its voice. */
function relayTo(url: string, onVoice: (socket: Socket) => void): Server {
  const { hostname, port } = new URL(url);
  return createServer((socket) => {
    const bot = connect(Number(port), hostname);
    for (const [one, other] of [
      [socket, bot],
      [bot, socket],
    ] as const) {
      one.on('error', () => {}).once('close', () => other.destroy());
      one.pipe(other);
    }
    bot.once('data', () => bot.once('data', () => onVoice(socket)));
  });
}

async function listening(server: Server): Promise<RehearsalBot> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket.on('error', () => {}));
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: botUrl(addressOf(server).port),
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function botUrl(port: number | undefined): string {
  return `ws://127.0.0.1:${port}/ws`;
}
