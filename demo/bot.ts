import { once } from 'node:events';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import * as providers from '../providers/index.ts';
import type { ProviderModule } from '../shared/provider.ts';
import type { AudioFormat, StreamFacts, StreamProtocol } from '../shared/stream.ts';
import { echoCall } from './echo-call.ts';
import { outletOf, type Outlet } from './outlet.ts';
import { decode, recogniser } from './recognise.ts';

/** Bytes of one message; a longer one closes the socket with 1009. */
export const MAX_MESSAGE: number = 16 * 1024 * 1024;

export interface DemoBotOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Path of its URL; sockets to any other are refused with 400. Default: every path is taken. */
  readonly path?: string;
  /** Whose dialects it speaks. Default: all providers. */
  readonly modules?: readonly ProviderModule[];
}

export interface DemoBot {
  readonly url: string;
  /** Ends all its calls at once. */
  close(): Promise<void>;
}

/**
 * The echo test line, an ordinary bot: greets with a short melody, repeats the caller one second later, answers digits
 * with their tone, falls silent when interrupted, and says goodbye on `#`. A socket that no carrier opened gets every
 * message back as it came. Rejects when it cannot listen.
 */
export async function startDemoBot(options: DemoBotOptions = {}): Promise<DemoBot> {
  const { host = '127.0.0.1', port = 0, path, modules = Object.values(providers) } = options;
  const server = new WebSocketServer({
    host,
    port,
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE,
    ...(path === undefined ? {} : { path }),
  });
  await once(server, 'listening');
  server.on('connection', (socket, request) => {
    const hint = request.headers['x-call-provider'];
    attend(socket, recogniser(modules, typeof hint === 'string' ? hint : undefined));
  });
  const address = server.address();
  const chosen = typeof address === 'object' && address !== null ? address.port : port;
  const name = host.includes(':') ? `[${host}]` : host;
  return {
    url: `ws://${name}:${chosen}${path ?? '/'}`,
    async close() {
      for (const socket of server.clients) socket.terminate();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

type Listener = (data: RawData, isBinary: boolean) => void;

/** Finds out who is there, then listens accordingly. */
function attend(socket: WebSocket, recognise: ReturnType<typeof recogniser>): void {
  const outlet = outletOf(socket);
  const early: Parameters<Listener>[] = [];
  let listen: Listener = (data, isBinary) => {
    early.push([data, isBinary]);
    const found = recognise(isBinary ? null : textOf(data));
    if (found === null) return;
    listen = found.type === 'call' ? talk(socket, outlet, found) : outlet;
    if (found.type === 'stranger') for (const message of early) outlet(...message);
  };
  socket.on('message', (data, isBinary) => listen(data, isBinary));
  // A peer that breaks the protocol is closed by the library; 'close' follows.
  socket.on('error', () => {});
}

function talk(
  socket: WebSocket,
  outlet: Outlet,
  { protocol, facts }: { readonly protocol: StreamProtocol; readonly facts: StreamFacts },
): Listener {
  if (!isPlayable(facts.format)) {
    socket.close(1008, 'sample rate not supported');
    return () => {};
  }
  const call = echoCall(facts.format, {
    send(command) {
      const text = protocol.encodeCommand(command, facts);
      if (text !== null) outlet(text, false);
    },
    close: (code, reason) => socket.close(code, reason),
  });
  socket.once('close', () => call.end());
  return (data, isBinary) => {
    const event = decode(protocol, isBinary ? null : textOf(data));
    if (event) call.hear(event);
  };
}

/** A foreign number: it decides how much memory a call takes. */
function isPlayable({ sampleRate }: AudioFormat): boolean {
  return Number.isInteger(sampleRate) && sampleRate >= 8000 && sampleRate <= 48_000;
}

function textOf(data: RawData): string {
  return Buffer.isBuffer(data) ? data.toString() : '';
}
