import { GatewayError } from './errors.ts';
import { parseFields, type Fields } from './fields.ts';
import type { StreamMessage } from './stream.ts';

/** A message of a dialect that is text only, and JSON. Throws ERR_FRAME_INVALID. */
export function readFrame(message: StreamMessage): Fields {
  if (typeof message === 'string') return parseFields(message, 'ERR_FRAME_INVALID');
  throw new GatewayError('ERR_FRAME_INVALID', 'it is binary');
}

/** Base64 of a frame as bytes. Throws ERR_FRAME_INVALID for anything but padded base64: Node's own reader skips junk. */
export function readAudio(payload: string): Uint8Array {
  if (payload.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(payload)) {
    throw new GatewayError('ERR_FRAME_INVALID', 'payload is not base64');
  }
  return Uint8Array.from(Buffer.from(payload, 'base64'));
}

export function writeAudio(audio: Uint8Array): string {
  return Buffer.from(audio.buffer, audio.byteOffset, audio.byteLength).toString('base64');
}

/** A count or a time that a dialect writes as a string of digits. Throws ERR_FRAME_INVALID. */
export function readDigits(text: string): number {
  if (/^[0-9]{1,16}$/.test(text)) return readWhole(Number(text));
  throw new GatewayError('ERR_FRAME_INVALID', 'not a whole number in digits');
}

/** A count or a time that a dialect writes as a number. Throws ERR_FRAME_INVALID. */
export function readWhole(value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new GatewayError('ERR_FRAME_INVALID', 'not a whole number');
}

/** Either of them, for dialects that write now the one and now the other. Throws ERR_FRAME_INVALID. */
export function readCount(fields: Fields, key: string): number {
  try {
    return readWhole(fields.number(key));
  } catch {
    return readDigits(fields.string(key));
  }
}
