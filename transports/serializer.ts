import type { InputFrame, OutputFrame } from './frames.ts';

/** One WebSocket message: text, or bytes. */
export type Payload = string | Uint8Array;

/** What becomes of one frame: a message, several in order, or none. */
export type Serialized = Payload | readonly Payload[] | null;

/** What a transport tells its serializer before every connection. */
export interface SerializerSetup {
  /** Hz that the bot wants to hear. Null: as it comes. */
  readonly audioInSampleRate: number | null;
}

/**
 * Frames to WebSocket messages and back, for one connection at a time. Answers at once where it can: then frames keep
 * their order without a wait.
 */
export interface FrameSerializer<In = InputFrame, Out extends { readonly type: string } = OutputFrame> {
  /** True when one object may serve many connections at once. */
  readonly shareable?: boolean;
  /** True when audio goes out as bare samples: `addWavHeader` is not for it. */
  readonly bareAudio?: boolean;
  /** A connection begins: what is known of the last one is forgotten. */
  setup?(setup: SerializerSetup): void;
  /** Null when there is nothing to send for this frame. */
  serialize(frame: Out): Serialized | Promise<Serialized>;
  /**
   * Null when the message is of no use to a bot. Throws GatewayError: ERR_FRAME_INVALID for a message that is skipped, any
   * other code for one after which the connection makes no sense; its message becomes the reason of the close frame.
   */
  deserialize(data: Payload): In | null | Promise<In | null>;
  /** What the dialect itself answers to the message deserialized last: sent at once, before the bot hears of it. */
  answers?(): readonly Payload[];
  /** The connection is over. */
  close?(): void;
}
