import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jambonz, vonage } from '../../providers/index.ts';
import type { ProviderModule } from '../../shared/provider.ts';
import type { StreamMessage } from '../../shared/stream.ts';
import { CarrierFrameSerializer } from '../../transports/carrier-serializer.ts';
import { framerOf } from '../../transports/framer.ts';
import type { OutputFrame } from '../../transports/frames.ts';
import type { FrameSerializer, Payload } from '../../transports/serializer.ts';
import { TelephonyFrameSerializer } from '../../transports/telephony-serializer.ts';

const call = {
  id: 'aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab',
  from: '+15551230001',
  to: '+15551230000',
} as const;

function first(module: ProviderModule): StreamMessage {
  const carrier = module.carrier(module.inventCredentials());
  const stream = carrier?.newStream({ ...call, direction: 'inbound' }, {});
  const message = stream && module.stream.encodeEvent({ type: 'start', sequence: 1, stream }, stream);
  if (typeof message !== 'string') throw new Error(`${module.name} has no first message`);
  return message;
}

async function written(serializer: FrameSerializer, ...frames: OutputFrame[]): Promise<Payload[]> {
  const all: Payload[] = [];
  for (const frame of frames) {
    const payload = await serializer.serialize(frame);
    if (payload === null) continue;
    all.push(...(typeof payload === 'string' || payload instanceof Uint8Array ? [payload] : payload));
  }
  return all;
}

const sound = (ms: number, value = 1, sampleRate = 8000): OutputFrame => ({
  type: 'audio',
  audio: new Uint8Array((ms * sampleRate * 2) / 1000).fill(value),
  sampleRate,
  numChannels: 1,
});

describe.each([vonage, jambonz])("$name's serializer", (module) => {
  test('hears binary audio, and is found by the first message', async () => {
    const serializer = new TelephonyFrameSerializer();
    serializer.setup({ audioInSampleRate: null });
    expect(await serializer.deserialize(first(module))).toMatchObject({
      type: 'start',
      provider: module.name,
      stream: { callId: call.id },
    });
    const audio = new Uint8Array(320).fill(7);
    const heard = await serializer.deserialize(audio);
    expect(heard).toMatchObject({ type: 'audio', sampleRate: 8000, numChannels: 1 });
    expect(heard?.type === 'audio' && Buffer.from(heard.audio).equals(audio)).toBe(true);
  });

  test('passes over a message it does not know, and refuses half a sample by name', async () => {
    const serializer = new CarrierFrameSerializer(module);
    await serializer.deserialize(first(module));
    expect(await serializer.deserialize('{"event":"somethingNew"}')).toBeNull();
    expect(() => serializer.deserialize(new Uint8Array(321))).toThrow(
      expect.objectContaining({ code: 'ERR_FRAME_INVALID' }) as Error,
    );
  });
});

describe('what Vonage gets is 20 ms in each message', () => {
  async function begun(): Promise<CarrierFrameSerializer> {
    const serializer = new CarrierFrameSerializer(vonage);
    await serializer.deserialize(first(vonage));
    return serializer;
  }

  test('whatever the bot says at once', async () => {
    const sent = await written(await begun(), sound(100, 1), sound(30, 2), sound(30, 3));
    expect(sent.map(({ length }) => length)).toEqual(Array.from({ length: 8 }, () => 320));
    expect(Uint8Array.from(Buffer.from(sent[6] ?? ''))).toEqual(
      Uint8Array.from([...Array<number>(160).fill(2), ...Array<number>(160).fill(3)]),
    );
  });

  test('at another rate too', async () => {
    const sent = await written(await begun(), ...Array.from({ length: 10 }, () => sound(50, 1, 24_000)));
    expect(sent.every(({ length }) => length === 320)).toBe(true);
    expect(sent.length).toBeGreaterThanOrEqual(24); // of 25: the filter still holds the rest
  });

  test('and a mark comes after the last of it, filled up with silence', async () => {
    const sent = await written(await begun(), sound(10, 1), { type: 'mark', name: 'm' });
    expect(sent).toEqual([
      Uint8Array.from([...Array<number>(160).fill(1), ...Array<number>(160).fill(0)]),
      '{"action":"notify","payload":{"name":"m"}}',
    ]);
  });

  test('but what was interrupted is not said any more', async () => {
    const sent = await written(
      await begun(),
      sound(10, 1),
      { type: 'interruption' },
      { type: 'mark', name: 'm' },
    );
    expect(sent).toEqual(['{"action":"clear"}', '{"action":"notify","payload":{"name":"m"}}']);
  });

  test('and the last word is not cut when the bot hangs up', async () => {
    const sent = await written(await begun(), sound(30, 1), { type: 'end' });
    expect(sent.map(({ length }) => length)).toEqual([320, 320]);
  });
});

test('a framer gives all bytes back, in order, in pieces of one length', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 50 })),
      fc.integer({ min: 1, max: 40 }),
      (parts, size) => {
        const framer = framerOf(size);
        const pieces = parts.flatMap((part) => framer.push(part));
        const rest = framer.flush();
        const all = Buffer.concat(parts);
        expect(pieces.every(({ length }) => length === size)).toBe(true);
        expect(Buffer.concat([...pieces, ...(rest ? [rest] : [])]).subarray(0, all.length)).toEqual(all);
        expect(rest === null ? all.length % size : rest.length - size).toBe(0);
        expect(framer.flush()).toBeNull();
      },
    ),
  );
});
