import { once } from 'node:events';
import { afterEach } from 'vitest';
import { WebSocket, type ClientOptions } from 'ws';
import { GatewayError } from '../../shared/errors.ts';
import type { OutputFrame, TextFrame } from '../../transports/frames.ts';
import type { FrameSerializer, Payload } from '../../transports/serializer.ts';
import type { Session } from '../../transports/session.ts';
import {
  WebsocketServerTransport,
  type WebsocketServerEvents,
  type WebsocketServerParams,
} from '../../transports/server-transport.ts';

/** A serializer of a user's own: text as it is. "bad" cannot be read; after "fatal" there is no going on. */
export function textSerializer(): FrameSerializer<TextFrame> {
  return {
    deserialize(data: Payload) {
      if (data === 'bad') throw new GatewayError('ERR_FRAME_INVALID', 'a bad message');
      if (data === 'fatal') throw new GatewayError('ERR_REQUEST_INVALID', 'a fatal message');
      if (data === 'broken') throw new TypeError('a mistake in the serializer');
      return { type: 'text', text: data.toString() };
    },
    serialize: (frame: OutputFrame) => (frame.type === 'text' ? frame.text : null),
  };
}

export const text = (words: string): TextFrame => ({ type: 'text', text: words });

interface ServeOptions extends WebsocketServerEvents<TextFrame, OutputFrame> {
  readonly params?: Partial<WebsocketServerParams<TextFrame, OutputFrame>>;
}

const open: { cancel(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.cancel()));
});

/** Ended after the test. */
export function closing<T extends { cancel(): Promise<void> }>(each: T): T {
  open.push(each);
  return each;
}

/** A transport that listens on a free port; by default every message is repeated. */
export async function serve({ params, ...events }: ServeOptions = {}): Promise<
  WebsocketServerTransport<TextFrame>
> {
  const transport = new WebsocketServerTransport<TextFrame>({
    host: '127.0.0.1',
    port: 0,
    async onClientConnected(session) {
      for await (const frame of session.frames) await session.send(frame);
    },
    ...events,
    params: { serializer: textSerializer, ...params },
  });
  await transport.start();
  return closing(transport);
}

export interface Visitor {
  readonly socket: WebSocket;
  readonly heard: string[];
  readonly closed: Promise<{ code: number; reason: string }>;
}

/** A client whose connection is open. */
export async function visit(url: string, options: ClientOptions = {}): Promise<Visitor> {
  const socket = new WebSocket(url, options);
  const heard: string[] = [];
  socket.on('message', (data: Buffer) => heard.push(data.toString()));
  const closed = once(socket, 'close').then(([code, reason]: unknown[]) => ({
    code: Number(code),
    reason: String(reason),
  }));
  await once(socket, 'open');
  return { socket, heard, closed };
}

/** Status and body of a refused upgrade. */
export async function refused(
  url: string,
  headers: Record<string, string> = {},
): Promise<{ status: number | undefined; body: string }> {
  const socket = new WebSocket(url, { headers });
  const [, response] = await once(socket, 'unexpected-response');
  let body = '';
  for await (const chunk of response) body += String(chunk);
  return { status: response.statusCode, body };
}

/** Both ends of one connection. Nobody listens on the bot's side yet. */
export async function connected(
  params: Partial<WebsocketServerParams<TextFrame, OutputFrame>> = {},
  events: ServeOptions = {},
): Promise<Visitor & { readonly session: Session<TextFrame> }> {
  let arrive: (session: Session<TextFrame>) => void;
  const arrived = new Promise<Session<TextFrame>>((resolve) => (arrive = resolve));
  const { url } = await serve({ ...events, params, onClientConnected: (session) => arrive(session) });
  return { ...(await visit(url)), session: await arrived };
}

/** What the bot hears: all of it, or the first `count`. */
export async function wordsOf(
  session: Session<TextFrame>,
  count: number = Number.POSITIVE_INFINITY,
): Promise<string[]> {
  const words: string[] = [];
  for await (const frame of session.frames) {
    words.push(frame.text);
    if (words.length === count) break;
  }
  return words;
}

/** Everything sent so far has arrived. */
export async function settled(socket: WebSocket): Promise<void> {
  socket.ping();
  await once(socket, 'pong');
}
