import { plivo, telnyx, twilio } from '../providers/index.ts';
import { bytesOf, toAudio, toSamples } from '../shared/audio.ts';
import { GatewayError } from '../shared/errors.ts';
import { isRecord } from '../shared/fields.ts';
import type { ProviderModule } from '../shared/provider.ts';
import type { Conversation, StreamCommand, StreamEvent, StreamFacts } from '../shared/stream.ts';
import { framerOf, type Framer } from './framer.ts';
import type { AudioFrame, InputFrame, OutputFrame } from './frames.ts';
import { checkRate, streamResampler, type Resampler } from './resampler.ts';
import type { FrameSerializer, Payload, Serialized, SerializerSetup } from './serializer.ts';

export interface CarrierSerializerOptions {
  /** For bots that have read the carrier's handshake themselves. Otherwise it is learned from the `start` message. */
  readonly stream?: StreamFacts;
  readonly params?: {
    /** Hz that the bot wants to hear. Default: the transport's `audioInSampleRate`. */
    readonly sampleRate?: number;
    /** RTVI's messages are for web clients and do not go to a carrier. Default true. */
    readonly ignoreRtviMessages?: boolean;
  };
}

/**
 * A carrier's media stream as frames: G.711 or 16-bit audio at the carrier's rate there, 16-bit audio at the bot's rate here.
 * Hanging up is no part of it: see `hangUp` of the transport.
 */
export class CarrierFrameSerializer implements FrameSerializer {
  readonly bareAudio = true;
  readonly #module: ProviderModule;
  readonly #options: CarrierSerializerOptions;
  #stream: StreamFacts | null = null;
  #conversation: Conversation | null = null;
  #answers: readonly Payload[] = [];
  #sampleRate: number | null = null;
  #framer: Framer | null = null;
  #input: Resampler | null = null;
  #output: { readonly from: number; readonly resampler: Resampler } | null = null;

  /** Throws ERR_AUDIO_UNREADABLE for a `sampleRate` that is not supported. */
  constructor(module: ProviderModule, options: CarrierSerializerOptions = {}) {
    this.#module = module;
    this.#options = options;
    this.setup({ audioInSampleRate: null });
  }

  setup({ audioInSampleRate }: SerializerSetup): void {
    this.close();
    this.#sampleRate = this.#options.params?.sampleRate ?? audioInSampleRate;
    if (this.#sampleRate !== null) checkRate(this.#sampleRate);
    this.#stream = this.#options.stream ?? null;
    this.#conversation = this.#module.stream.converse?.('bot') ?? null;
    this.#answers = [];
  }

  close(): void {
    this.#input?.close();
    this.#output?.resampler.close();
    this.#input = null;
    this.#output = null;
    this.#framer = null;
  }

  deserialize(data: Payload): InputFrame | null | Promise<InputFrame | null> {
    const event = this.#module.stream.decodeEvent(data);
    this.#answers = this.#conversation?.hear(data) ?? [];
    return event && this.#frameOf(event);
  }

  answers(): readonly Payload[] {
    return this.#answers;
  }

  serialize(frame: OutputFrame): Serialized | Promise<Serialized> {
    switch (frame.type) {
      case 'audio':
        return this.#writeAudio(frame);
      case 'interruption':
        this.#framer?.clear();
        return this.#write({ type: 'clear' });
      case 'mark':
        return this.#flushed(this.#write(frame));
      case 'message':
      case 'urgent-message':
        return this.#writeMessage(frame.message);
      case 'end':
        return this.#stream === null ? null : this.#flushed(null);
      case 'text':
      case 'transcription':
      case 'cancel':
        return null;
    }
  }

  #frameOf(event: StreamEvent): InputFrame | null | Promise<InputFrame | null> {
    switch (event.type) {
      case 'start':
        checkRate(event.stream.format.sampleRate);
        this.#stream = event.stream;
        return { type: 'start', provider: this.#module.name, stream: event.stream };
      case 'media':
        return this.#readAudio(event.audio);
      case 'dtmf':
        return isKey(event.digit) ? { type: 'dtmf', digit: event.digit } : null;
      case 'mark':
        return { type: 'mark', name: event.name };
      case 'error':
        return { type: 'error', code: event.code, detail: event.detail };
      case 'stop':
        return { type: 'end' };
      case 'connected':
      case 'cleared':
        return null;
    }
  }

  #readAudio(bytes: Uint8Array): AudioFrame | null | Promise<AudioFrame | null> {
    const { encoding, sampleRate } = this.#begun().format;
    const audio = toAudio(toSamples(bytes, encoding), 'l16');
    if (this.#sampleRate === null || this.#sampleRate === sampleRate) return audioFrame(audio, sampleRate);
    const wanted = this.#sampleRate;
    this.#input ??= streamResampler(sampleRate, wanted);
    return this.#input.push(audio).then((resampled) => audioFrame(resampled, wanted));
  }

  #writeAudio({ audio, sampleRate, numChannels }: AudioFrame): Serialized | Promise<Serialized> {
    const { format } = this.#begun();
    if (numChannels !== 1) {
      throw new GatewayError(
        'ERR_AUDIO_UNREADABLE',
        `a carrier takes one channel, not ${numChannels}: mix them`,
      );
    }
    const write = (samples: Uint8Array): Serialized =>
      samples.length < 2 ? null : this.#writeMedia(toAudio(toSamples(samples, 'l16'), format.encoding));
    if (sampleRate === format.sampleRate) return write(audio);
    checkRate(sampleRate);
    if (this.#output?.from !== sampleRate) {
      this.#output?.resampler.close();
      this.#output = { from: sampleRate, resampler: streamResampler(sampleRate, format.sampleRate) };
    }
    return this.#output.resampler.push(audio).then(write);
  }

  #writeMessage(message: unknown): string | null {
    const { ignoreRtviMessages = true } = this.#options.params ?? {};
    if (ignoreRtviMessages && isRecord(message) && message['label'] === RTVI_LABEL) return null;
    return JSON.stringify(message);
  }

  /** In messages of the length that the carrier asks for; what is left over waits for more. */
  #writeMedia(audio: Uint8Array): Serialized {
    const { frameMs } = this.#module.stream;
    if (frameMs === undefined) return this.#write({ type: 'media', audio });
    this.#framer ??= framerOf(bytesOf(this.#begun().format, frameMs));
    return this.#framer.push(audio).flatMap((frame) => this.#write({ type: 'media', audio: frame }) ?? []);
  }

  /** After what is left over, which nothing will complete any more. */
  #flushed(payload: Payload | null): Serialized {
    const rest = this.#framer?.flush();
    const last = rest ? this.#write({ type: 'media', audio: rest }) : null;
    return last === null ? payload : [last, ...(payload === null ? [] : [payload])];
  }

  #write(command: StreamCommand): Payload | null {
    const message = this.#module.stream.encodeCommand(command, this.#begun());
    return message !== null && this.#conversation ? this.#conversation.send(message) : message;
  }

  #begun(): StreamFacts {
    if (this.#stream) return this.#stream;
    throw new GatewayError(
      'ERR_FRAME_INVALID',
      'the stream has not begun: wait for its start frame, or give `stream`',
    );
  }
}

/** @see https://docs.pipecat.ai/client/rtvi-standard (read 2026-11-21) */
const RTVI_LABEL = 'rtvi-ai';

/** @see https://www.itu.int/rec/T-REC-Q.23 (read 2026-11-21) */
function isKey(digit: string): boolean {
  return /^[0-9A-D*#]$/.test(digit);
}

/** No frame for no sound. */
function audioFrame(audio: Uint8Array, sampleRate: number): AudioFrame | null {
  return audio.length === 0 ? null : { type: 'audio', audio, sampleRate, numChannels: 1 };
}

/** Twilio Media Streams. */
export class TwilioFrameSerializer extends CarrierFrameSerializer {
  constructor(options?: CarrierSerializerOptions) {
    super(twilio, options);
  }
}

/** Plivo Audio Streaming. */
export class PlivoFrameSerializer extends CarrierFrameSerializer {
  constructor(options?: CarrierSerializerOptions) {
    super(plivo, options);
  }
}

/** Telnyx media streaming. The encodings come from its `start` message. */
export class TelnyxFrameSerializer extends CarrierFrameSerializer {
  constructor(options?: CarrierSerializerOptions) {
    super(telnyx, options);
  }
}
