import type { IncomingMessage } from 'node:http';
import type { RawData, WebSocket } from 'ws';
import { GatewayError } from '../shared/errors.ts';
import { isAudio, type InputFrame, type OutputFrame } from './frames.ts';
import { inboxOf, type FrameListener } from './inbox.ts';
import { iterate } from './iterate.ts';
import { keepAlive } from './keep-alive.ts';
import { outboxOf } from './outbox.ts';
import { paced } from './pacer.ts';
import type { SessionParams } from './params.ts';
import type { FrameSerializer, Payload } from './serializer.ts';
import { withWavHeader } from './wav-header.ts';

/** Seconds that hanging up may take before the socket is closed all the same. */
export const HANG_UP_TIMEOUT = 5;

/** How a connection ended. 1006: without a close frame. */
export interface Closing {
  readonly code: number;
  readonly reason: string;
}

/** One connection: one call, one visitor. */
export interface Session<In = InputFrame, Out extends { readonly type: string } = OutputFrame> {
  /** The upgrade that opened it, with its URL and headers; null on the side that dialled. */
  readonly request: IncomingMessage | null;
  /**
   * What the other side says, for `for await`; ends when the connection does. What nobody takes waits, 256 KiB of it, then
   * the other side has to: also a bot that only talks reads, or it will not learn that the caller has left.
   */
  readonly frames: AsyncIterable<In>;
  /** The same without a loop: hears every frame as soon as the last one is dealt with. Resolves when the connection is over. */
  readonly listen: (listener: FrameListener<In>) => Promise<void>;
  /**
   * True once it is on its way; waits while the other side is slow. False when the connection is over. `end` and `cancel` hang
   * up, then close with 1000. Rejects with what the serializer throws.
   */
  readonly send: (frame: Out) => Promise<boolean>;
  /** The other side is slow: over 256 KiB wait for it. */
  readonly isBehind: () => boolean;
  /** Default 1000. A reason is cut to the 123 bytes that a close frame can hold. */
  readonly close: (code?: number, reason?: string) => void;
  readonly closed: Promise<Closing>;
}

export interface SessionOptions<In, Out extends { readonly type: string }> {
  readonly socket: WebSocket;
  readonly request: IncomingMessage | null;
  readonly serializer: FrameSerializer<In, Out>;
  readonly params: SessionParams<In, Out>;
  readonly onError: (error: unknown) => void;
}

export function openSession<In, Out extends { readonly type: string }>(
  options: SessionOptions<In, Out>,
): Session<In, Out> {
  const { socket, request, serializer, params, onError } = options;
  const outbox = outboxOf({
    socket,
    serializer,
    maxBufferedBytes: params.maxBufferedBytes,
    onOverflow: () => close(1008, 'reads too slowly'),
  });
  const send = senderOf(outbox.send, serializer.bareAudio === true, params);
  const inbox = inboxOf({ socket, serializer, answer: outbox.write, onInvalid });
  const closed = closingOf(socket, () => {
    inbox.end(false);
    outbox.end();
    release();
  });
  const hangUp = hangUpOnce(params, onError);
  const release = onlyOnce(() => serializer.close?.());

  function close(code = 1000, reason = ''): void {
    inbox.end(true);
    release();
    if (socket.readyState !== socket.OPEN) return;
    socket.close(code, cut(reason));
    const timer = setTimeout(() => socket.terminate(), params.closeTimeout * 1000);
    socket.once('close', () => clearTimeout(timer));
  }

  function onInvalid(error: unknown): void {
    onError(error);
    const closing = closingFor(error);
    if (closing) close(closing.code, closing.reason);
  }

  async function leave(frame: Out): Promise<boolean> {
    const taken = await send(frame);
    await hangUp(session);
    close(1000, 'the bot hung up');
    return taken;
  }

  serializer.setup?.({ audioInSampleRate: params.audioInSampleRate });
  socket.on('message', (data, isBinary) => inbox.push(payloadOf(data, isBinary)));
  // The library closes a peer that breaks the protocol; 'close' follows.
  socket.on('error', onError);
  keepAlive(socket, params.pingInterval);

  const session: Session<In, Out> = {
    request,
    frames: iterate(inbox),
    listen: inbox.listen,
    send: (frame) => (frame.type === 'end' || frame.type === 'cancel' ? leave(frame) : send(frame)),
    isBehind: outbox.isBehind,
    close,
    closed,
  };
  return session;
}

/** What is done to audio on its way out. */
function senderOf<In, Out extends { readonly type: string }>(
  send: (frame: Out) => Promise<boolean>,
  isBare: boolean,
  { addWavHeader, audioOutPaced, maxBufferedBytes }: SessionParams<In, Out>,
): (frame: Out) => Promise<boolean> {
  const write = (frame: Out): Promise<boolean> => {
    if (!addWavHeader || isBare || !isAudio(frame)) return send(frame);
    const { audio, sampleRate, numChannels } = frame;
    return send({ ...frame, audio: withWavHeader(audio, sampleRate, numChannels) });
  };
  return audioOutPaced ? paced(write, maxBufferedBytes) : write;
}

/** The next connection may have the same serializer. */
function onlyOnce(call: () => void): () => void {
  let release: typeof call | undefined = call;
  return () => {
    release?.();
    release = undefined;
  };
}

function closingOf(socket: WebSocket, release: () => void): Promise<Closing> {
  return new Promise((resolve) => {
    socket.once('close', (code, reason) => {
      release();
      resolve({ code, reason: reason.toString() });
    });
  });
}

/** Null for a message that is skipped. */
function closingFor(error: unknown): Closing | null {
  if (!(error instanceof GatewayError)) return { code: 1011, reason: 'the message could not be read' };
  return error.code === 'ERR_FRAME_INVALID' ? null : { code: 1008, reason: error.message };
}

function payloadOf(data: RawData, isBinary: boolean): Payload {
  const bytes = Array.isArray(data) ? Buffer.concat(data) : Buffer.isBuffer(data) ? data : Buffer.from(data);
  return isBinary ? bytes : bytes.toString();
}

/** Waits for the bot's own way of hanging up, within its time; whoever asks again waits for the same. */
function hangUpOnce<In, Out extends { readonly type: string }>(
  params: SessionParams<In, Out>,
  onError: (error: unknown) => void,
): (session: Session<In, Out>) => Promise<void> {
  let hangingUp: Promise<void> | null = null;
  return (session) =>
    (hangingUp ??= within(HANG_UP_TIMEOUT, async () => params.hangUp?.(session)).catch(onError));
}

async function within(seconds: number, task: () => Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => (timer = setTimeout(resolve, seconds * 1000)));
  await Promise.race([task(), timeout]).finally(() => clearTimeout(timer));
}

/** To what a close frame holds (RFC 6455 §5.5), without half a character at its end. */
function cut(reason: string): Buffer {
  const bytes = Buffer.from(reason);
  let end = Math.min(bytes.length, 123);
  while (end < bytes.length && end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end);
}
