import { get, type IncomingMessage } from 'node:http';
import { WebSocket, type ClientOptions } from 'ws';

export interface Client {
  readonly socket: WebSocket;
  readonly messages: readonly { readonly data: Buffer; readonly isBinary: boolean }[];
  readonly texts: () => string[];
  /** Resolves with the close code and reason. */
  readonly closed: Promise<{ code: number; reason: string }>;
}

/** An open socket. Rejects with the status when the upgrade is refused. */
export async function connect(
  url: string,
  options: ClientOptions = {},
  protocols: string[] = [],
): Promise<Client> {
  const client = begin(url, options, protocols);
  await new Promise<void>((resolve, reject) => {
    client.socket.once('open', () => resolve());
    client.socket.once('unexpected-response', (_, response: IncomingMessage) => {
      response.resume();
      reject(new Error(`refused with ${response.statusCode}`));
    });
    client.socket.once('error', reject);
  });
  return client;
}

function begin(url: string, options: ClientOptions, protocols: string[]): Client {
  const socket = new WebSocket(url, protocols, { perMessageDeflate: false, ...options });
  const messages: { data: Buffer; isBinary: boolean }[] = [];
  socket.on('message', (data, isBinary) => messages.push({ data: data as Buffer, isBinary }));
  socket.on('error', () => {});
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }));
  });
  return { socket, messages, texts: () => messages.map(({ data }) => data.toString()), closed };
}

/** How an upgrade is answered: 101, or the refusal. */
export interface Knock {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** Tries to open a socket and closes it at once. */
export function knock(url: string, options: ClientOptions = {}): Promise<Knock> {
  const socket = new WebSocket(url, { perMessageDeflate: false, ...options });
  return new Promise((resolve, reject) => {
    socket.once('open', () => {
      socket.close();
      resolve({ status: 101, headers: {}, body: '' });
    });
    socket.once('unexpected-response', (_, response: IncomingMessage) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      );
    });
    socket.on('error', reject);
  });
}

/** The headers of a 101, read by hand: the client library refuses some answers that are right. */
export function upgradeHeaders(
  url: string,
  headers: Record<string, string>,
): Promise<IncomingMessage['headers']> {
  const handshake = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': Buffer.alloc(16).toString('base64'),
  };
  return new Promise((resolve, reject) => {
    get(url.replace(/^ws/, 'http'), { headers: { ...handshake, ...headers } })
      .once('upgrade', (response, wire) => {
        wire.destroy();
        resolve(response.headers);
      })
      .once('response', ({ statusCode }) => reject(new Error(`refused with ${statusCode}`)))
      .once('error', reject);
  });
}
