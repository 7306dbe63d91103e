import type { Failure } from './failure.ts';
import type { RecordedFrame } from './recording.ts';

/** What happened, in the order it happened. */
export interface TimelineEntry {
  /** Milliseconds since the call began, by the wall clock. */
  readonly atMs: number;
  /** Milliseconds of audio since the stream began; null outside a stream. Differs from the wall at any speed but 1. */
  readonly lineMs: number | null;
  readonly type: EntryType;
  /** For people, one line. */
  readonly text: string;
}

export type EntryType =
  | 'webhook'
  | 'document'
  | 'socket'
  | 'refused'
  | 'start'
  | 'audio'
  | 'mark'
  | 'clear'
  | 'digit'
  | 'fault'
  | 'close'
  | 'say'
  | 'play'
  | 'dial'
  | 'redirect'
  | 'callback'
  | 'hang up';

/** Did the call go as a caller would want it? */
export type Verdict =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: string; readonly cure: string };

/** How a stream ended. The wire does not tell a bot from the gateway in front of it. */
export interface Closing {
  readonly by: 'caller' | 'bot or gateway';
  /** 1006 when there was no close frame. */
  readonly code: number;
  readonly reason: string;
}

/** Messages in one direction, and the audio in them. */
export interface Tally {
  readonly messages: number;
  readonly seconds: number;
}

/** What was recorded of a call. Samples are 16 bits at 8 kHz, both on the line's clock. */
export interface Tape {
  readonly said: Int16Array;
  readonly heard: Int16Array;
  readonly recording: readonly RecordedFrame[];
}

/** All about one simulated call. Times are milliseconds since it began; null for what did not happen. */
export interface CallReport {
  readonly provider: string;
  readonly callId: string;
  readonly from: string;
  readonly to: string;
  readonly webhook: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly speed: number | 'max';
  readonly verdict: Verdict;
  readonly milestones: Milestones;
  readonly closed: Closing | null;
  readonly sent: Tally;
  readonly received: Tally;
  /** Frames that left more than 10 ms late: the simulator's own fault, and a reason to doubt its other figures. */
  readonly late: { readonly frames: number; readonly worstMs: number };
  /** Silences under 200 ms inside the bot's audio: it came too late to be played in one piece. */
  readonly gaps: { readonly count: number; readonly ms: number };
  /** The bot's audio that had not been played when the call ended. */
  readonly unheardMs: number;
  /** Messages of the bot that the carrier does not understand. */
  readonly invalidMessages: number;
  /** Sentences the carrier spoke, numbers it dialled: what the caller got beside, or instead of, the bot. */
  readonly spoken: readonly string[];
  readonly dialled: readonly string[];
  /** URLs of audio files the carrier played. */
  readonly played: readonly string[];
  /** Why the carrier played a message of its own, or nothing: a document it did not get, or not take. */
  readonly carrierError: Failure | null;
  readonly timeline: readonly TimelineEntry[];
  readonly tape: Tape;
}

export interface Milestones {
  readonly answered: number | null;
  readonly socketOpen: number | null;
  readonly startSent: number | null;
  readonly firstAudio: number | null;
  readonly lastAudio: number | null;
  readonly ended: number;
}

/** A report as plain JSON: everything but the tape. */
export function reportJson({ tape, ...report }: CallReport): Omit<CallReport, 'tape'> {
  void tape;
  return report;
}
