import { writeAudio } from '../shared/frame.ts';
import type { StreamMessage } from '../shared/stream.ts';

/** One message of a recorded stream; a recording is one of these a line, as JSON. */
export interface RecordedFrame {
  /** Milliseconds of audio since the socket opened. */
  readonly t_ms: number;
  readonly direction: 'provider_to_server' | 'server_to_provider';
  readonly frame: 'text' | 'binary' | 'close';
  /** Of a text frame: its JSON, or the text itself when it is none. */
  readonly message?: unknown;
  /** Of a binary frame. */
  readonly base64?: string;
  /** Of a close frame. */
  readonly code?: number;
  readonly note?: string;
}

/** A message as it went over the wire at `position` milliseconds. */
export function recordedFrame(
  position: number,
  direction: RecordedFrame['direction'],
  message: StreamMessage,
): RecordedFrame {
  const t_ms = Math.round(position);
  return typeof message === 'string'
    ? { t_ms, direction, frame: 'text', message: parsed(message) }
    : { t_ms, direction, frame: 'binary', base64: writeAudio(message) };
}

export function writeRecording(frames: readonly RecordedFrame[]): string {
  return frames.map((frame) => `${JSON.stringify(frame)}\n`).join('');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
