import { connect, type Socket } from 'node:net';

/** An HTTP answer as it stood on the wire. */
export interface RawAnswer {
  /** 0 when the connection was closed without an answer. */
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Everything, byte for byte. */
  readonly text: string;
}

/** A TCP connection spoken to by hand. */
export interface Wire {
  readonly socket: Socket;
  /** All bytes that came so far. */
  received(): Buffer;
  send(data: string | Buffer): void;
  /** Resolves when the other side has ended the connection, or reset it. */
  readonly closed: Promise<void>;
}

export function wireTo(port: number): Wire {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk)).on('error', () => {});
  const closed = new Promise<void>((resolve) => {
    socket.once('end', resolve).once('close', () => resolve());
  });
  return {
    socket,
    closed,
    received: () => Buffer.concat(chunks),
    send: (data) => void socket.write(typeof data === 'string' ? Buffer.from(data, 'latin1') : data),
  };
}

/** Header lines of a WebSocket handshake, without Host. */
export const handshake: readonly string[] = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
];

/** An upgrade request. `lines`: more header lines; `without`: names of those to leave out. */
export function upgradeText(
  target: string,
  lines: readonly string[] = [],
  without: readonly string[] = [],
): string {
  const kept = ['Host: gateway.test', ...handshake].filter(
    (line) => !without.some((name) => line.toLowerCase().startsWith(`${name}:`)),
  );
  return requestText('GET', target, [...kept, ...lines]);
}

export function requestText(
  method: string,
  target: string,
  lines: readonly string[],
  version = '1.1',
): string {
  return `${method} ${target} HTTP/${version}\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`;
}

/** Sends bytes, waits for a 101 or for the end, and hangs up. */
export async function ask(port: number, request: string | Buffer): Promise<RawAnswer> {
  const wire = wireTo(port);
  wire.send(request);
  await answered(wire);
  wire.socket.destroy();
  return readAnswer(wire.received());
}

/** Resolves with the head of a 101, or when the connection is closed. */
export async function answered(wire: Wire): Promise<void> {
  const switched = new Promise<void>((resolve) => {
    wire.socket.on('data', () => {
      if (/^HTTP\/1\.1 101 [^]*\r\n\r\n/.test(wire.received().toString('latin1'))) resolve();
    });
  });
  await Promise.race([switched, wire.closed]);
}

export function readAnswer(bytes: Buffer): RawAnswer {
  const text = bytes.toString('latin1');
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const [statusLine = '', ...lines] = head.split('\r\n');
  const headers = lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  const named = Object.fromEntries(headers) as Record<string, string>;
  const body = rest.join('\r\n\r\n');
  return {
    status: Number(/^HTTP\/1\.1 (\d{3}) /.exec(statusLine)?.[1] ?? 0),
    headers: named,
    body: named['transfer-encoding'] === 'chunked' ? unchunked(body) : body,
    text,
  };
}

function unchunked(body: string): string {
  const end = body.indexOf('\r\n');
  const length = Number.parseInt(body.slice(0, end), 16);
  if (!length) return '';
  return body.slice(end + 2, end + 2 + length) + unchunked(body.slice(end + 4 + length));
}

/** Runs `act` on every item, at most `width` at a time. */
export async function inParallel<T>(
  items: readonly T[],
  width: number,
  act: (item: T, index: number) => Promise<void>,
): Promise<void> {
  const queue = [...items.entries()];
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) await act(next[1], next[0]);
  };
  await Promise.all(Array.from({ length: width }, worker));
}
