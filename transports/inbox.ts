import type { WebSocket } from 'ws';
import { GatewayError } from '../shared/errors.ts';
import type { FrameSerializer, Payload } from './serializer.ts';

/** Bytes of messages that wait for the bot; then the socket is read no further until half of them are gone. */
export const MAX_WAITING: number = 256 * 1024;

/** Hears one frame; the next one comes when its promise is settled. */
export type FrameListener<In> = (frame: In) => void | Promise<unknown>;

/** Messages on their way to the bot, in order, one at a time. */
export interface Inbox<In> {
  readonly push: (message: Payload) => void;
  /** Resolves once the connection is over and all that came was heard. Rejects with what the listener throws. */
  readonly listen: (listener: FrameListener<In>) => Promise<void>;
  /** Stops listening; what comes waits again. */
  readonly leave: () => void;
  /** Nothing more will come. `forget`: nor is what waits of any use. */
  readonly end: (forget: boolean) => void;
}

type Pausable = Pick<WebSocket, 'isPaused' | 'pause' | 'resume'>;

export interface InboxOptions<In, Out extends { readonly type: string }> {
  readonly socket: Pausable;
  readonly serializer: FrameSerializer<In, Out>;
  /** Sends what the serializer answers by itself. */
  readonly answer: (payload: Payload) => void;
  /** A message that could not be read. */
  readonly onInvalid: (error: unknown) => void;
}

interface Hearing<In> {
  readonly listener: FrameListener<In>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export function inboxOf<In, Out extends { readonly type: string }>(
  options: InboxOptions<In, Out>,
): Inbox<In> {
  const queue = queueOf(options.socket);
  let hearing: Hearing<In> | null = null;
  let isBusy = false;
  let isOver = false;

  function pump(): void {
    while (hearing && !isBusy) {
      const message = queue.take();
      if (message === undefined) return isOver ? leave() : undefined;
      isBusy = true;
      try {
        const step = hear(message, hearing.listener, options);
        if (step instanceof Promise) return void step.catch(fail).finally(next);
      } catch (error) {
        fail(error);
      }
      isBusy = false;
    }
  }

  function next(): void {
    isBusy = false;
    pump();
  }

  function fail(error: unknown): void {
    hearing?.reject(error);
    hearing = null;
  }

  function leave(): void {
    hearing?.resolve();
    hearing = null;
  }

  return {
    push(message) {
      if (isOver) return;
      queue.push(message);
      pump();
    },
    listen(listener) {
      if (hearing) {
        const sentence = 'somebody listens to this session already: share what that one hears';
        throw new GatewayError('ERR_CONFIG_INVALID', sentence);
      }
      return new Promise((resolve, reject) => {
        hearing = { listener, resolve, reject };
        pump();
      });
    },
    leave,
    end(forget) {
      isOver = true;
      if (forget) queue.clear();
      pump();
    },
  };
}

/** A promise only where the serializer or the listener needs time. */
function hear<In, Out extends { readonly type: string }>(
  message: Payload,
  listener: FrameListener<In>,
  { serializer, answer, onInvalid }: InboxOptions<In, Out>,
): void | Promise<unknown> {
  const give = (frame: In | null): void | Promise<unknown> => (frame === null ? undefined : listener(frame));
  let frame: In | null | Promise<In | null>;
  try {
    frame = serializer.deserialize(message);
    for (const payload of serializer.answers?.() ?? []) answer(payload);
  } catch (error) {
    return onInvalid(error);
  }
  return frame instanceof Promise ? frame.then(give, onInvalid) : give(frame);
}

/** Bytes that count for a message beside its own: also empty ones take room. */
const MESSAGE_ROOM = 64;

interface Queue {
  push(message: Payload): void;
  take(): Payload | undefined;
  clear(): void;
}

/** While too much waits, the socket is not read. */
function queueOf(socket: Pausable): Queue {
  let messages: Payload[] = [];
  let waiting = 0;
  const resume = (): void => {
    if (socket.isPaused && waiting < MAX_WAITING / 2) socket.resume();
  };
  return {
    push(message) {
      messages.push(message);
      waiting += message.length + MESSAGE_ROOM;
      if (waiting >= MAX_WAITING) socket.pause();
    },
    take() {
      const message = messages.shift();
      if (message !== undefined) waiting -= message.length + MESSAGE_ROOM;
      resume();
      return message;
    },
    clear() {
      messages = [];
      waiting = 0;
      resume();
    },
  };
}
