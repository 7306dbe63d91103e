import type { WebSocket } from 'ws';
import type { StreamEvent, StreamFacts, StreamMessage, StreamProtocol } from '../shared/stream.ts';
import { recordedFrame, type RecordedFrame } from './recording.ts';

/** An event before the leg has counted it. */
export type Uncounted =
  | { readonly type: 'connected' | 'start' | 'cleared' | 'stop' }
  | { readonly type: 'media'; readonly audio: Uint8Array; readonly timestamp: number }
  | { readonly type: 'dtmf'; readonly digit: string; readonly timestamp: number }
  | { readonly type: 'mark'; readonly name: string }
  | { readonly type: 'error'; readonly code: string; readonly detail: string };

/** The carrier's end of a stream: counts and frames what it sends. */
export interface CallerLeg {
  /** False when the dialect has no message for it; then nothing was sent and nothing counted. */
  send(event: Uncounted): boolean;
  /** Told every message of the other side: some dialects answer by themselves. */
  hear(message: StreamMessage): void;
  readonly messages: number;
}

export interface CallerLegOptions {
  readonly socket: WebSocket;
  readonly protocol: StreamProtocol;
  readonly facts: StreamFacts;
  /** Milliseconds of audio since the stream began. */
  readonly position: () => number;
  readonly record: (frame: RecordedFrame) => void;
}

export function callerLeg({ socket, protocol, facts, position, record }: CallerLegOptions): CallerLeg {
  let sequence = 0;
  let chunk = 0;
  let messages = 0;
  const conversation = protocol.converse?.('carrier');

  function write(message: StreamMessage): void {
    messages += 1;
    socket.send(message);
    record(recordedFrame(position(), 'provider_to_server', message));
  }

  function counted(event: Uncounted): StreamEvent {
    const next = sequence + 1;
    switch (event.type) {
      case 'connected':
        return { type: 'connected' };
      case 'error':
        return event;
      case 'start':
        return { type: 'start', sequence: next, stream: facts };
      case 'media':
        return { ...event, sequence: next, chunk: chunk + 1 };
      case 'cleared':
      case 'stop':
        return { type: event.type, sequence: next };
      case 'dtmf':
      case 'mark':
        return { ...event, sequence: next };
    }
  }

  return {
    send(uncounted) {
      const event = counted(uncounted);
      const encoded = protocol.encodeEvent(event, facts);
      if (encoded === null || socket.readyState !== socket.OPEN) return false;
      const message = conversation ? conversation.send(encoded) : encoded;
      if (message === null) return false;
      if ('sequence' in event) ({ sequence } = event);
      if (event.type === 'media') ({ chunk } = event);
      write(message);
      return true;
    },
    hear(message) {
      for (const answer of conversation?.hear(message) ?? []) {
        if (socket.readyState === socket.OPEN) write(answer);
      }
    },
    get messages() {
      return messages;
    },
  };
}
