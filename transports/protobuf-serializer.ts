import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { GatewayError } from '../shared/errors.ts';
import type { InputFrame, Label, OutputFrame } from './frames.ts';
import { FrameSchema, type Frame } from './frames_pb.ts';
import type { FrameSerializer, Payload } from './serializer.ts';

type Content = NonNullable<MessageInitShape<typeof FrameSchema>['frame']>;

/**
 * Pipecat's own binary frames: what its WebSocket transports and its browser client speak. Text, audio, transcriptions,
 * messages and interruptions travel; other frames do not.
 *
 * @see transports/frames.proto
 */
export class ProtobufFrameSerializer implements FrameSerializer {
  readonly shareable = true;

  serialize(frame: OutputFrame): Uint8Array | null {
    const content = contentOf(frame);
    return content && toBinary(FrameSchema, create(FrameSchema, { frame: content }));
  }

  deserialize(data: Payload): InputFrame {
    if (typeof data === 'string') throw invalid('a text message: Protobuf frames are binary');
    let message: Frame;
    try {
      message = fromBinary(FrameSchema, data);
    } catch {
      throw invalid('not a Protobuf frame of Pipecat');
    }
    return frameOf(message);
  }
}

function contentOf(frame: OutputFrame): Content | null {
  switch (frame.type) {
    case 'audio':
    case 'text':
    case 'transcription':
    case 'interruption': {
      const { type, ...value } = frame;
      return { case: type, value };
    }
    case 'message':
    case 'urgent-message':
      return { case: 'message', value: { data: JSON.stringify(frame.message) } };
    case 'mark':
    case 'end':
    case 'cancel':
      return null;
  }
}

function frameOf({ frame }: Frame): InputFrame {
  switch (frame.case) {
    case 'audio': {
      const { audio, sampleRate, numChannels, pts } = frame.value;
      if (sampleRate === 0 || numChannels === 0) throw invalid('audio without a sample rate, or channels');
      const when = pts === undefined ? {} : { pts };
      return { type: 'audio', audio, sampleRate, numChannels, ...when, ...labelOf(frame.value) };
    }
    case 'text':
      return { type: 'text', text: frame.value.text, ...labelOf(frame.value) };
    case 'transcription': {
      const { text, userId, timestamp } = frame.value;
      return { type: 'transcription', text, userId, timestamp, ...labelOf(frame.value) };
    }
    case 'message':
      return { type: 'message', message: readJson(frame.value.data) };
    case 'interruption':
      return { type: 'interruption', ...labelOf(frame.value) };
    case undefined:
      throw invalid('a Protobuf frame without content');
  }
}

/** What is zero or empty was not sent. */
function labelOf({ id, name }: { readonly id: bigint; readonly name: string }): Label {
  return { ...(id === 0n ? {} : { id }), ...(name === '' ? {} : { name }) };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid('a message frame whose data is not JSON');
  }
}

function invalid(message: string): GatewayError {
  return new GatewayError('ERR_FRAME_INVALID', message);
}
