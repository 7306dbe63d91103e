import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import * as providers from '../providers/index.ts';
import type { ProviderModule } from '../shared/provider.ts';
import type { InputFrame, OutputFrame } from '../transports/frames.ts';
import { WebsocketServerTransport } from '../transports/server-transport.ts';
import type { Session } from '../transports/session.ts';
import { echoCall, type EchoCall } from './echo-call.ts';
import { demoSerializer, type StrangerFrame } from './serializer.ts';

/** Bytes of one message; a longer one closes the socket with 1009. */
export const MAX_MESSAGE: number = 16 * 1024 * 1024;

/** Calls at once: as many sockets as a gateway has. */
export const MAX_SESSIONS = 10_000;

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

type DemoSession = Session<InputFrame | StrangerFrame, OutputFrame | StrangerFrame>;

/**
 * The echo test line, an ordinary bot: greets with a short melody, repeats the caller one second later, answers digits
 * with their tone, falls silent when interrupted, and says goodbye on `#`. A socket that no carrier opened gets every
 * message back as it came. Rejects when it cannot listen.
 */
export async function startDemoBot(options: DemoBotOptions = {}): Promise<DemoBot> {
  const { host = '127.0.0.1', port = 0, path, modules = Object.values(providers) } = options;
  const server = createServer((_, response) => response.writeHead(426, { upgrade: 'websocket' }).end());
  const transport = new WebsocketServerTransport<InputFrame | StrangerFrame, OutputFrame | StrangerFrame>({
    server,
    ...(path === undefined ? {} : { path }),
    params: {
      serializer: (request) => demoSerializer(modules, hintOf(request)),
      allowedOrigins: ['*'], // it has nothing to hide
      maxMessageBytes: MAX_MESSAGE,
      maxBufferedBytes: 4 * MAX_MESSAGE,
      maxSessions: MAX_SESSIONS,
      pingInterval: 0, // the gateway in front of it does that
    },
    onClientConnected: attend,
  });
  server.listen(port, host);
  await once(server, 'listening');
  await transport.start();
  return {
    url: transport.url,
    async close() {
      await transport.cancel();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Without a wait while the other side reads: what it sends is answered before its next ping is. */
async function attend(session: DemoSession): Promise<void> {
  let call = null as EchoCall | null;
  let sending: Promise<unknown> = Promise.resolve();
  const send = (frame: OutputFrame | StrangerFrame): void => void (sending = session.send(frame));
  await session.listen((frame) => {
    if (frame.type === 'stranger') {
      for (const message of frame.messages) send({ type: 'stranger', messages: [message] });
    } else if (frame.type === 'start') {
      call ??= echoCall(frame.stream.format.sampleRate, { send, close: session.close });
    } else call?.hear(frame);
    if (session.isBehind()) return sending;
  });
  call?.end();
}

function hintOf(request: IncomingMessage | null): string | undefined {
  const hint = request?.headers['x-call-provider'];
  return typeof hint === 'string' ? hint : undefined;
}
