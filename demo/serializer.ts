import type { ProviderModule } from '../shared/provider.ts';
import { CarrierFrameSerializer } from '../transports/carrier-serializer.ts';
import type { InputFrame, OutputFrame } from '../transports/frames.ts';
import { recogniser } from '../transports/recognise.ts';
import type { FrameSerializer, Payload } from '../transports/serializer.ts';

/** Messages of a socket that no carrier opened, as they came. */
export interface StrangerFrame {
  readonly type: 'stranger';
  readonly messages: readonly Payload[];
}

export type DemoSerializer = FrameSerializer<InputFrame | StrangerFrame, OutputFrame | StrangerFrame>;

/** Finds out who is there, then reads accordingly. `hint`: the name of the provider that is looked at first. */
export function demoSerializer(modules: readonly ProviderModule[], hint: string | undefined): DemoSerializer {
  const recognise = recogniser(modules, hint);
  const early: Payload[] = [];
  let carrier: CarrierFrameSerializer | null = null;
  let isStranger = false;

  return {
    deserialize(message) {
      if (carrier) return carrier.deserialize(message);
      if (isStranger) return { type: 'stranger', messages: [message] };
      early.push(message);
      const found = recognise(message);
      if (found === null) return null;
      if (found.type === 'call') {
        carrier = new CarrierFrameSerializer(found.module);
        return carrier.deserialize(message);
      }
      isStranger = true;
      return { type: 'stranger', messages: early.splice(0) };
    },
    serialize(frame) {
      if (frame.type === 'stranger') return frame.messages[0] ?? null;
      return carrier && carrier.serialize(frame);
    },
    answers: () => carrier?.answers() ?? [],
    close: () => carrier?.close(),
  };
}
