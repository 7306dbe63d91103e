import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { WebSocketServer, type WebSocket } from 'ws';
import { close, portOf } from './scene.ts';

/** A far end that does what a test says, and remembers what it heard. */
export interface ScriptedBot {
  readonly url: string;
  readonly heard: string[];
  readonly upgrades: IncomingMessage[];
  /** Code of the close frame it got. */
  readonly closed: number[];
  close(): Promise<void>;
}

export interface Script {
  readonly onOpen?: (socket: WebSocket) => void;
  readonly onText?: (socket: WebSocket, text: string, count: number) => void;
  /** Refuses the upgrade instead. */
  readonly refuse?: { readonly status: number; readonly body: string };
}

export async function startScriptedBot({ onOpen, onText, refuse }: Script): Promise<ScriptedBot> {
  const heard: string[] = [];
  const upgrades: IncomingMessage[] = [];
  const closed: number[] = [];
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, wire, head) => {
    upgrades.push(request);
    if (refuse) {
      const { status, body } = refuse;
      wire.end(`HTTP/1.1 ${status} No\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
      return;
    }
    sockets.handleUpgrade(request, wire, head, (socket) => {
      onOpen?.(socket);
      socket.on('message', (data: Buffer) => {
        heard.push(data.toString());
        onText?.(socket, data.toString(), heard.length);
      });
      socket.on('close', (code) => closed.push(code));
    });
  });
  return {
    url: `ws://127.0.0.1:${portOf(server)}/ws/any/token`,
    heard,
    upgrades,
    closed,
    close() {
      for (const socket of sockets.clients) socket.terminate();
      return close(server);
    },
  };
}
