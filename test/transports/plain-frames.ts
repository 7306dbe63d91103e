import type { StreamFacts } from '../../shared/stream.ts';
import {
  PlivoFrameSerializer,
  TelnyxFrameSerializer,
  TwilioFrameSerializer,
} from '../../transports/carrier-serializer.ts';
import type { InputFrame, OutputFrame } from '../../transports/frames.ts';
import { ProtobufFrameSerializer } from '../../transports/protobuf-serializer.ts';
import type { FrameSerializer, Payload, Serialized } from '../../transports/serializer.ts';

/** A frame as JSON holds it: bytes in base64, long integers as text. What serializers.py reads and writes. */
export type PlainFrame = Readonly<Record<string, unknown>>;

/** A WebSocket message: `text`, or `bytes` in base64; null bytes for none. */
export type PlainMessage = { readonly text: string } | { readonly bytes: string | null };

/** What a Pipecat serializer was given, and what came of it. */
export interface Given {
  readonly serializer: string;
  readonly given: { readonly frame: PlainFrame } | { readonly text: string };
  readonly got: PlainMessage | { readonly frame: PlainFrame | null };
}

export interface Vectors {
  readonly protobuf: readonly (PlainMessage & { readonly frame: PlainFrame })[];
  readonly carriers: readonly Given[];
}

const factsOf = (encoding: 'mulaw' | 'alaw'): StreamFacts => ({
  streamId: 'MZ1',
  callId: 'CA1',
  accountId: 'AC1',
  from: null,
  to: null,
  format: { encoding, sampleRate: 8000 },
  parameters: {},
});

export function serializerOf(name: string): FrameSerializer {
  const stream = factsOf(name === 'telnyx-pcma' ? 'alaw' : 'mulaw');
  if (name === 'protobuf') return new ProtobufFrameSerializer();
  if (name === 'twilio') return new TwilioFrameSerializer({ stream });
  if (name === 'plivo') return new PlivoFrameSerializer({ stream });
  return new TelnyxFrameSerializer({ stream });
}

export function toPlain(frame: InputFrame | OutputFrame | null): PlainFrame | null {
  if (frame === null) return null;
  const plain = (value: unknown): unknown =>
    typeof value === 'bigint'
      ? String(value)
      : value instanceof Uint8Array
        ? Buffer.from(value).toString('base64')
        : value;
  return Object.fromEntries(Object.entries(frame).map(([key, value]) => [key, plain(value)]));
}

export function fromPlain(frame: PlainFrame): OutputFrame {
  const { audio, id, pts } = frame;
  return {
    ...frame,
    ...(typeof audio === 'string' && { audio: Uint8Array.from(Buffer.from(audio, 'base64')) }),
    ...(typeof id === 'string' && { id: BigInt(id) }),
    ...(typeof pts === 'string' && { pts: BigInt(pts) }),
  } as OutputFrame;
}

export function plainMessage(message: Serialized): PlainMessage {
  if (typeof message === 'string') return { text: message };
  if (message === null) return { bytes: null };
  if (message instanceof Uint8Array) return { bytes: Buffer.from(message).toString('base64') };
  throw new Error('several messages for one frame');
}

export function messageOf(plain: PlainMessage): Payload {
  return 'text' in plain ? plain.text : Uint8Array.from(Buffer.from(plain.bytes ?? '', 'base64'));
}
