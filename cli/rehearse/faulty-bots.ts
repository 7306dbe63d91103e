import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { startDemoBot } from '../../demo/bot.ts';

/** Milliseconds after which a dying bot is gone: in the middle of its greeting. */
const DIES_AFTER = 400;

/** A bot of a rehearsal, on a port of its own. */
export interface RehearsalBot {
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** Nobody listens there. */
export async function absentBot(): Promise<RehearsalBot> {
  const { url, close } = await listening(createServer());
  await close();
  return { url, close: async () => {} };
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
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('listening on a port has a port');
  return {
    url: `ws://127.0.0.1:${address.port}/ws`,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
