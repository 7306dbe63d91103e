import * as providers from '../providers/index.ts';
import { GatewayError } from '../shared/errors.ts';
import { CarrierFrameSerializer, type CarrierSerializerOptions } from './carrier-serializer.ts';
import type { InputFrame, OutputFrame } from './frames.ts';
import { recogniser } from './recognise.ts';
import type { FrameSerializer, Payload, Serialized, SerializerSetup } from './serializer.ts';

/**
 * Whichever carrier calls: it is recognised by its first messages, and then served by its own serializer. A connection that
 * no carrier opened is closed with 1008.
 */
export class TelephonyFrameSerializer implements FrameSerializer {
  readonly bareAudio = true;
  readonly #options: Pick<CarrierSerializerOptions, 'params'>;
  #setup: SerializerSetup = { audioInSampleRate: null };
  #recognise: ReturnType<typeof recogniser> = recogniser(Object.values(providers), undefined);
  #carrier: CarrierFrameSerializer | null = null;

  constructor(options: Pick<CarrierSerializerOptions, 'params'> = {}) {
    this.#options = options;
  }

  setup(setup: SerializerSetup): void {
    this.close();
    this.#setup = setup;
    this.#recognise = recogniser(Object.values(providers), undefined);
  }

  close(): void {
    this.#carrier?.close();
    this.#carrier = null;
  }

  deserialize(data: Payload): InputFrame | null | Promise<InputFrame | null> {
    if (this.#carrier) return this.#carrier.deserialize(data);
    const found = this.#recognise(data);
    if (found === null) return null;
    if (found.type === 'stranger') {
      throw new GatewayError('ERR_REQUEST_INVALID', "not a carrier's handshake");
    }
    const carrier = new CarrierFrameSerializer(found.module, this.#options);
    carrier.setup(this.#setup);
    this.#carrier = carrier;
    return carrier.deserialize(data);
  }

  answers(): readonly Payload[] {
    return this.#carrier?.answers() ?? [];
  }

  serialize(frame: OutputFrame): Serialized | Promise<Serialized> {
    if (this.#carrier) return this.#carrier.serialize(frame);
    throw new GatewayError('ERR_FRAME_INVALID', 'the stream has not begun: wait for its start frame');
  }
}
