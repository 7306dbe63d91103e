/** Audio as it travels inside a media stream. */
export interface AudioFormat {
  /** `mulaw` and `alaw` are G.711, one byte a sample; `l16` is 16-bit signed little-endian. */
  readonly encoding: 'mulaw' | 'alaw' | 'l16';
  /** Hz. */
  readonly sampleRate: number;
}

/** What a carrier says about a stream in its `start` message. */
export interface StreamFacts {
  readonly streamId: string;
  /** The carrier's call id: the one its webhook named. */
  readonly callId: string;
  /** The carrier's id of our account. */
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
 * `sequence` counts the carrier's messages on a stream. `timestamp` is in milliseconds, from the stream's begin or from
 * the Unix epoch as `StreamProtocol.clock` says; absent where the dialect has none.
 */
export type StreamEvent =
  | { readonly type: 'connected' }
  | { readonly type: 'start'; readonly sequence: number; readonly stream: StreamFacts }
  | {
      readonly type: 'media';
      readonly sequence: number;
      /** Counts the media messages of a track, from 1. */
      readonly chunk: number;
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
  decodeEvent(text: string): StreamEvent | null;
  encodeEvent(event: StreamEvent, stream: StreamFacts): string | null;
  decodeCommand(text: string): StreamCommand | null;
  encodeCommand(command: StreamCommand, stream: StreamFacts): string | null;
}
