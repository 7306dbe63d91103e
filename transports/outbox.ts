import type { WebSocket } from 'ws';
import type { FrameSerializer, Payload, Serialized } from './serializer.ts';

/** Bytes that wait to be sent at which `send` asks the bot to wait. */
const HIGH_WATER = 256 * 1024;

/** Frames on their way to the other side, in the order in which they were given. */
export interface Outbox<Out> {
  /**
   * Resolves at once while the other side reads, else once it has caught up: true, or false when the connection is over.
   * Rejects with what the serializer throws.
   */
  readonly send: (frame: Out) => Promise<boolean>;
  /** Sends a message as it is. */
  readonly write: (payload: Payload) => void;
  readonly isBehind: () => boolean;
  /** The connection is over. */
  readonly end: () => void;
}

export interface OutboxOptions<In, Out extends { readonly type: string }> {
  readonly socket: WebSocket;
  readonly serializer: FrameSerializer<In, Out>;
  readonly maxBufferedBytes: number;
  /** More than `maxBufferedBytes` wait. */
  readonly onOverflow: () => void;
}

/** In an object, so that waiting for the writing is not waiting for the reader. */
interface Written {
  readonly taken: boolean | Promise<boolean>;
}

export function outboxOf<In, Out extends { readonly type: string }>({
  socket,
  serializer,
  maxBufferedBytes,
  onOverflow,
}: OutboxOptions<In, Out>): Outbox<Out> {
  /** The last frame whose serializer needs time; null when there is none. */
  let last: Promise<unknown> | null = null;
  let slow: ((taken: boolean) => void)[] = [];

  function settle(taken: boolean): void {
    const settled = slow;
    slow = [];
    for (const resolve of settled) resolve(taken);
  }

  function sent(): void {
    if (socket.bufferedAmount < HIGH_WATER) settle(socket.readyState === socket.OPEN);
  }

  function write(serialized: Serialized): Written {
    if (socket.readyState !== socket.OPEN) return { taken: false };
    let written: Written = { taken: true };
    for (const payload of payloadsOf(serialized)) {
      written = writeOne(payload);
      if (written.taken === false) break;
    }
    return written;
  }

  function writeOne(payload: Payload): Written {
    socket.send(payload, { binary: typeof payload !== 'string' }, sent);
    if (socket.bufferedAmount < HIGH_WATER) return { taken: true };
    if (socket.bufferedAmount > maxBufferedBytes) {
      settle(false);
      onOverflow();
      return { taken: false };
    }
    return { taken: new Promise<boolean>((resolve) => slow.push(resolve)) };
  }

  /** Keeps the order while serializers need time. */
  function inTurn(payload: Promise<Serialized>): Promise<boolean> {
    const writing = payload.then(write);
    last = writing;
    const forget = (): void => {
      if (last === writing) last = null;
    };
    writing.then(forget, forget);
    return writing.then(({ taken }) => taken);
  }

  return {
    async send(frame) {
      if (socket.readyState !== socket.OPEN) return false;
      if (last) return inTurn(last.catch(() => {}).then(() => serializer.serialize(frame)));
      const payload = serializer.serialize(frame);
      return payload instanceof Promise ? inTurn(payload) : write(payload).taken;
    },
    write: (payload) => void write(payload),
    isBehind: () => socket.bufferedAmount >= HIGH_WATER,
    end: () => settle(false),
  };
}

function payloadsOf(serialized: Serialized): readonly Payload[] {
  if (serialized === null) return [];
  return typeof serialized === 'string' || serialized instanceof Uint8Array ? [serialized] : serialized;
}
