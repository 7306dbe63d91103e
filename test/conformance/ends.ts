import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { bytesOf, CLOSE, recorder, type Piece, type Side } from './frames.ts';

/** What one end of a WebSocket saw of the other. */
export interface Seen {
  readonly frames: readonly string[];
  /** The beginning of a frame came, and the rest of it did not. */
  readonly unfinished: boolean;
  /** Nobody ended the connection, a FIN did, or a RST, or this end reset it itself. */
  readonly end: 'open' | 'fin' | 'reset' | 'own reset';
}

/** One end of a WebSocket over TCP, played by hand. */
export interface End {
  /** HTTP, and frames in the same segment. */
  greet(head: string, glued?: readonly Piece[]): void;
  /** `cuts`: offsets at which the bytes are cut into segments. Resolves when all are handed to the system. */
  send(pieces: readonly Piece[], cuts?: readonly number[]): Promise<void>;
  fin(): void;
  reset(): void;
  /** The head of the HTTP message that came, empty when none did. */
  readonly head: Promise<string>;
  /** WebSocket bytes so far. */
  readonly bytes: { readonly sent: number; readonly received: number };
  seen(): Seen;
  /** Whether a condition on what this end saw came true, at once or within `ms`. */
  until(holds: () => boolean, ms: number): Promise<boolean>;
}

/** `polite`: answers a close frame with the same one, unless it sent one, and ends its connection as RFC 6455 §7.1.1 says. */
export function openEnd(side: Side, socket: Socket, polite: boolean): End {
  const bytes = { sent: 0, received: 0 };
  const watchers = new Set<() => void>();
  const look = (): void => watchers.forEach((watcher) => watcher());
  let end: Seen['end'] = 'open';
  let hasClosed = false;

  const wireOf = (pieces: readonly Piece[]): Buffer => {
    hasClosed ||= pieces.some((piece) => !Buffer.isBuffer(piece) && piece.opcode === CLOSE);
    const wire = Buffer.concat(pieces.map((piece) => bytesOf(piece, side)));
    bytes.sent += wire.length;
    return wire;
  };
  const { frames, take, unfinished } = recorder(side === 'caller' ? 'bot' : 'caller', (payload) => {
    if (!polite) return;
    if (!hasClosed) socket.write(wireOf([{ opcode: CLOSE, payload }]));
    if (side === 'bot') socket.end();
  });
  const ended = (how: Exclude<Seen['end'], 'open'>): void => {
    if (end === 'open') end = how;
    if (polite && how === 'fin') socket.end();
    look();
  };
  const head = afterHead(socket, (chunk) => {
    bytes.received += chunk.length;
    take(chunk);
    look();
  });
  socket.setNoDelay(true);
  socket.on('end', () => ended('fin')).on('error', () => ended('reset'));

  return {
    head,
    bytes,
    seen: () => ({ frames: [...frames], unfinished: unfinished() > 0, end }),
    greet: (text, glued = []) => void socket.write(Buffer.concat([Buffer.from(text), wireOf(glued)])),
    async send(pieces, cuts = []) {
      const wire = wireOf(pieces);
      for (const [index, from] of [0, ...cuts].entries()) {
        await written(socket, wire.subarray(from, cuts[index]));
      }
    },
    fin: () => void socket.end(),
    reset() {
      ended('own reset');
      socket.resetAndDestroy();
    },
    async until(holds, ms) {
      if (holds()) return true;
      return new Promise((resolve) => {
        const settle = (): void => {
          clearTimeout(timer);
          watchers.delete(watcher);
          resolve(holds());
        };
        const watcher = (): void => void (holds() && settle());
        const timer = setTimeout(settle, ms);
        watchers.add(watcher);
      });
    },
  };
}

/** Hands on what follows the head of an HTTP message, and resolves with that head. */
function afterHead(socket: Socket, take: (chunk: Buffer) => void): Promise<string> {
  let unread: Buffer | null = Buffer.alloc(0);
  return new Promise((resolve) => {
    socket.on('close', () => resolve(''));
    socket.on('data', (chunk) => {
      if (!unread) return take(chunk);
      unread = Buffer.concat([unread, chunk]);
      const at = unread.indexOf('\r\n\r\n');
      if (at < 0) return;
      const rest = unread.subarray(at + 4);
      resolve(unread.subarray(0, at).toString('latin1'));
      unread = null;
      take(rest);
    });
  });
}

/** A segment of its own: the next one is not written before whoever reads in this process had a turn. */
async function written(socket: Socket, segment: Buffer): Promise<void> {
  if (!socket.writable) return;
  await new Promise<void>((resolve) => {
    socket.once('close', resolve);
    socket.write(segment, () => {
      socket.off('close', resolve);
      setImmediate(resolve);
    });
  });
}

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** An upgrade request. `lines`: more header lines. */
export function requestHead(path: string, lines: readonly string[] = []): string {
  const all = [
    `GET ${path} HTTP/1.1`,
    'Host: gateway.test',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${KEY}`,
    ...lines,
  ];
  return `${all.join('\r\n')}\r\n\r\n`;
}

/** The answer to an upgrade request. */
export function answerHead(request: string, lines: readonly string[] = []): string {
  const key = headerIn(request, 'sec-websocket-key') ?? '';
  const accept = createHash('sha1')
    .update(key + GUID)
    .digest('base64');
  const all = [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${accept}`,
    ...lines,
  ];
  return `${all.join('\r\n')}\r\n\r\n`;
}

/** A header's values in their order, null when it is not there. */
export function headerIn(head: string, name: string): string | null {
  const lines = head.split('\r\n').filter((line) => line.toLowerCase().startsWith(`${name}:`));
  const values = lines.flatMap((line) => line.slice(name.length + 1).split(','));
  return lines.length === 0 ? null : values.map((value) => value.trim()).join(', ');
}

export function callTo(port: number): Socket {
  return connect({ port, host: '127.0.0.1', allowHalfOpen: true });
}

/** Where one call at a time reaches a bot played by hand. */
export interface Lane {
  readonly port: number;
  /** The next connection. */
  next(): Promise<Socket>;
  close(): void;
}

export async function openLane(): Promise<Lane> {
  let arrived: ((socket: Socket) => void) | null = null;
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    if (arrived) arrived(socket);
    else socket.destroy();
    arrived = null;
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    next: () => new Promise((resolve) => (arrived = resolve)),
    close() {
      sockets.forEach((socket) => socket.destroy());
      server.close();
    },
  };
}
