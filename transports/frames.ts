import type { StreamFacts } from '../shared/stream.ts';

/** What Pipecat writes beside a frame's content. Nobody needs it; kept when it was sent. */
export interface Label {
  readonly id?: bigint;
  readonly name?: string;
}

/** A stretch of sound. */
export interface AudioFrame extends Label {
  readonly type: 'audio';
  /** 16-bit signed little-endian samples, channels interleaved. */
  readonly audio: Uint8Array;
  /** Hz. */
  readonly sampleRate: number;
  readonly numChannels: number;
  /** Nanoseconds since the stream began. */
  readonly pts?: bigint;
}

export interface TextFrame extends Label {
  readonly type: 'text';
  readonly text: string;
}

/** What somebody said, in words. */
export interface TranscriptionFrame extends Label {
  readonly type: 'transcription';
  readonly text: string;
  readonly userId: string;
  /** ISO 8601. */
  readonly timestamp: string;
}

/** A message of the application: any JSON, such as RTVI's. */
export interface MessageFrame {
  readonly type: 'message';
  readonly message: unknown;
}

/** The listener speaks now: what was sent and has not been played is forgotten. Carriers are told to clear. */
export interface InterruptionFrame extends Label {
  readonly type: 'interruption';
}

/** A place in the audio. The carrier sends it back once it has played, or cleared, all that was sent before. */
export interface MarkFrame {
  readonly type: 'mark';
  readonly name: string;
}

/** A carrier's stream begins. First frame of every call; other clients send none. */
export interface StartFrame {
  readonly type: 'start';
  /** `twilio`, `plivo`, `telnyx`. */
  readonly provider: string;
  readonly stream: StreamFacts;
}

/** A key was pressed. */
export interface DtmfFrame {
  readonly type: 'dtmf';
  /** One of `0` to `9`, `*`, `#`, `A` to `D`. */
  readonly digit: string;
}

/** From a carrier: the caller hung up (Plivo says nothing and closes). From a bot: hang up, once all is sent. */
export interface EndFrame {
  readonly type: 'end';
}

/** The carrier did not take something that was sent. */
export interface ErrorFrame {
  readonly type: 'error';
  readonly code: string;
  readonly detail: string;
}

/** What a bot gets. */
export type InputFrame =
  | AudioFrame
  | DtmfFrame
  | EndFrame
  | ErrorFrame
  | InterruptionFrame
  | MarkFrame
  | MessageFrame
  | StartFrame
  | TextFrame
  | TranscriptionFrame;

/** What a bot says. `urgent-message` and `cancel` do not wait for their turn in a Pipecat pipeline; on a socket they are as their like. */
export type OutputFrame =
  | AudioFrame
  | EndFrame
  | InterruptionFrame
  | MarkFrame
  | MessageFrame
  | TextFrame
  | TranscriptionFrame
  | { readonly type: 'urgent-message'; readonly message: unknown }
  | { readonly type: 'cancel' };

/** Also among the frames of somebody else's own. */
export function isAudio<Out extends { readonly type: string }>(frame: Out): frame is Out & AudioFrame {
  return frame.type === 'audio' && 'audio' in frame && frame.audio instanceof Uint8Array;
}
