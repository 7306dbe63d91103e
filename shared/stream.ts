/** One WebSocket message: text, or bytes. */
export type StreamMessage = string | Uint8Array;

/** Audio as it travels inside a media stream. */
export interface AudioFormat {
  /** `mulaw` and `alaw` are G.711, one byte a sample; `l16` is 16-bit signed little-endian. */
  readonly encoding: 'mulaw' | 'alaw' | 'l16';
  /** Hz. */
  readonly sampleRate: number;
}

/** What a carrier says about a stream in its `start` message. */
export interface StreamFacts {
  /** The call's id where the dialect has none of its own. */
  readonly streamId: string;
  /** The carrier's call id: the one its webhook named. */
  readonly callId: string;
  /** The carrier's id of our account. Empty where the dialect does not say. */
  readonly accountId: string;
  /** Null where the dialect does not say. */
  readonly from: string | null;
  readonly to: string | null;
  readonly format: AudioFormat;
  /** Parameters set in our XML answer, echoed back by the carrier. */
  readonly parameters: Readonly<Record<string, string>>;
}

/**
 * What a carrier tells us on the media WebSocket.
 *
 * `sequence` counts the carrier's messages on a stream: 0 in a dialect that does not count. `timestamp` is in milliseconds, from the stream's begin or from
 * the Unix epoch as `StreamProtocol.clock` says; absent where the dialect has none.
 */
export type StreamEvent =
  | { readonly type: 'connected' }
  | { readonly type: 'start'; readonly sequence: number; readonly stream: StreamFacts }
  | {
      readonly type: 'media';
      readonly sequence: number;
      /** Counts the media messages of a track, from 1. 0 in a dialect that does not count. */
      readonly chunk: number;
      /** 0 in a dialect that does not date its audio. */
      readonly timestamp: number;
      readonly audio: Uint8Array;
    }
  | {
      readonly type: 'dtmf';
      readonly sequence: number;
      readonly digit: string;
      /** Telnyx dates digits by a wall clock: there it counts from the Unix epoch, whatever `clock` says. */
      readonly timestamp?: number;
    }
  | { readonly type: 'mark'; readonly sequence: number; readonly name: string }
  | { readonly type: 'cleared'; readonly sequence: number }
  | { readonly type: 'error'; readonly code: string; readonly detail: string }
  | { readonly type: 'stop'; readonly sequence: number };

/** What a bot tells the carrier on the same WebSocket. */
export type StreamCommand =
  | { readonly type: 'media'; readonly audio: Uint8Array }
  | { readonly type: 'mark'; readonly name: string }
  | { readonly type: 'clear' };

/**
 * One carrier's dialect of media streaming over WebSocket. All four functions are pure.
 *
 * A dialect writes text, or text and binary messages; its decoders are given both.
 *
 * Decoders return null for a message the dialect defines and we do not use, and throw ERR_FRAME_INVALID for anything
 * that is not the dialect. Encoders return null for a value the dialect has no message for. Law: what an encoder writes,
 * its decoder reads as the same value.
 */
export interface StreamProtocol {
  /** The types of the carrier's first messages, in order. The last one is `start`. */
  readonly opening: readonly ('connected' | 'start')[];
  /** Chosen on the upgrade when the carrier offers it; null where none is known. */
  readonly subprotocol: string | null;
  /** Where timestamps count from. */
  readonly clock: 'stream' | 'unix';
  /** Milliseconds of audio that each media command must hold, no more and no less; absent where any length will do. */
  readonly frameMs?: number;
  decodeEvent(message: StreamMessage): StreamEvent | null;
  encodeEvent(event: StreamEvent, stream: StreamFacts): StreamMessage | null;
  decodeCommand(message: StreamMessage): StreamCommand | null;
  encodeCommand(command: StreamCommand, stream: StreamFacts): StreamMessage | null;
  /** Absent in dialects whose messages stand alone. */
  converse?(end: 'carrier' | 'bot'): Conversation;
}

/**
 * One end of one stream, in a dialect where the ends number their messages and answer each other's: what pure functions
 * cannot know. A relay between them has none.
 */
export interface Conversation {
  /** A message of this end as it goes out, numbered; null when it may not be sent yet, and is dropped. */
  send(message: StreamMessage): StreamMessage | null;
  /** Told every message of the other end. Gives what the dialect itself answers, numbered, to be sent at once. */
  hear(message: StreamMessage): readonly StreamMessage[];
}
