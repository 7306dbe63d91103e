import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GatewayError } from '../../shared/errors.ts';
import type { ProviderModule } from '../../shared/provider.ts';
import type { AudioFormat, StreamEvent, StreamFacts } from '../../shared/stream.ts';
import { toAudio, toSamples } from '../../shared/audio.ts';
import { CarrierFrameSerializer } from '../../transports/carrier-serializer.ts';
import type { AudioFrame, InputFrame, OutputFrame } from '../../transports/frames.ts';
import { ProtobufFrameSerializer } from '../../transports/protobuf-serializer.ts';
import { streamResampler } from '../../transports/resampler.ts';
import type { FrameSerializer } from '../../transports/serializer.ts';
import { TelephonyFrameSerializer } from '../../transports/telephony-serializer.ts';
import { bestMatch } from '../helpers/correlation.ts';
import { facts } from '../simulator/demo-caller.ts';
import { modules } from '../simulator/scene.ts';

/** The carrier's words for an event. */
function said(module: ProviderModule, event: StreamEvent, from: StreamFacts = facts): string {
  const text = module.stream.encodeEvent(event, from);
  if (typeof text !== 'string') throw new Error(`${module.name} has no text for ${event.type}`);
  return text;
}

const media = (audio: Uint8Array): StreamEvent => ({
  type: 'media',
  sequence: 2,
  chunk: 1,
  timestamp: 20,
  audio,
});

/** A serializer of one carrier whose stream has begun. */
function begun(
  module: ProviderModule,
  options: ConstructorParameters<typeof CarrierFrameSerializer>[1] = {},
  format: AudioFormat = facts.format,
): CarrierFrameSerializer {
  const serializer = new CarrierFrameSerializer(module, options);
  const stream = { ...facts, format };
  expect(serializer.deserialize(said(module, { type: 'start', sequence: 1, stream }))).toEqual({
    type: 'start',
    provider: module.name,
    stream: expect.objectContaining({ streamId: facts.streamId, callId: facts.callId, format }),
  });
  return serializer;
}

const tone = (hertz: number, sampleRate: number, seconds = 1): Int16Array =>
  Int16Array.from({ length: sampleRate * seconds }, (_, index) =>
    Math.round(8000 * Math.sin((2 * Math.PI * hertz * index) / sampleRate)),
  );

async function write(serializer: FrameSerializer, frame: OutputFrame): Promise<string | null> {
  const text = await serializer.serialize(frame);
  if (text !== null && typeof text !== 'string') throw new Error('carriers take text');
  return text;
}

describe.each(modules)("$name's serializer", (module) => {
  test('writes what it reads, sample by sample, where the rates are the same', async () => {
    const codes = Uint8Array.from({ length: 256 }, (_, code) => code);
    const serializer = begun(module);
    const frame = (await serializer.deserialize(said(module, media(codes)))) as AudioFrame;
    expect(frame).toMatchObject({ type: 'audio', sampleRate: 8000, numChannels: 1 });
    const command = module.stream.decodeCommand((await write(serializer, frame)) ?? '');
    if (command?.type !== 'media') throw new Error('no audio');
    // G.711 has two zeros, PCM has one.
    expect([...command.audio]).toEqual([...codes].map((code) => (code === 0x7f ? 0xff : code)));
  });

  test('reads keys, marks and nothing that is no key', () => {
    const serializer = begun(module);
    const key = (digit: string): InputFrame | null =>
      serializer.deserialize(
        said(module, { type: 'dtmf', sequence: 2, digit, timestamp: 1_700_000_000_000 }),
      ) as InputFrame | null;
    for (const digit of '0123456789*#ABCD') expect(key(digit)).toEqual({ type: 'dtmf', digit });
    for (const digit of ['', '12', 'E', 'a', 'é']) expect(key(digit)).toBeNull();
    expect(serializer.deserialize(said(module, { type: 'mark', sequence: 3, name: 'x' }))).toEqual({
      type: 'mark',
      name: 'x',
    });
  });

  test('clears for an interruption, marks, and has no words for text', async () => {
    const serializer = begun(module);
    const commands = await Promise.all(
      (
        [
          { type: 'interruption' },
          { type: 'mark', name: 'x' },
          { type: 'text', text: 'hello' },
          { type: 'end' },
          { type: 'cancel' },
        ] as const
      ).map(async (frame) => {
        const text = await write(serializer, frame);
        return text && module.stream.decodeCommand(text);
      }),
    );
    expect(commands).toEqual([{ type: 'clear' }, { type: 'mark', name: 'x' }, null, null, null]);
  });

  test("passes messages on as they are, but for RTVI's", async () => {
    const serializer = begun(module);
    const rtvi = { label: 'rtvi-ai', type: 'bot-ready' };
    expect(await write(serializer, { type: 'message', message: { any: 'thing' } })).toBe('{"any":"thing"}');
    expect(await write(serializer, { type: 'urgent-message', message: rtvi })).toBeNull();
    const open = begun(module, { params: { ignoreRtviMessages: false } });
    expect(await write(open, { type: 'message', message: rtvi })).toBe(JSON.stringify(rtvi));
  });

  test('says nothing before the stream has begun', () => {
    const serializer = new CarrierFrameSerializer(module);
    expect(() => serializer.serialize({ type: 'interruption' })).toThrow('wait for its start frame');
    expect(() => serializer.deserialize(said(module, media(new Uint8Array(160))))).toThrow('has not begun');
  });

  test.each([16_000, 24_000, 48_000])('is heard at %i Hz, and takes that rate back', async (sampleRate) => {
    const serializer = begun(module, { params: { sampleRate } });
    const samples = tone(1000, 8000);
    const heard: Uint8Array[] = [];
    for (let at = 0; at < samples.length; at += 160) {
      const audio = toAudio(samples.subarray(at, at + 160), 'mulaw');
      const frame = await serializer.deserialize(said(module, media(audio)));
      if (frame?.type === 'audio' && frame.sampleRate === sampleRate) heard.push(frame.audio);
    }
    const there = toSamples(Buffer.concat(heard), 'l16');
    expect(bestMatch(tone(1000, sampleRate), there, sampleRate / 50).likeness).toBeGreaterThan(0.99);
    // All but what the filter holds: 6 ms.
    expect((samples.length - (there.length * 8000) / sampleRate) / 8).toBeLessThan(7);

    const back: Uint8Array[] = [];
    for (const audio of heard) {
      const text = await write(serializer, { type: 'audio', audio, sampleRate, numChannels: 1 });
      const command = text === null ? null : module.stream.decodeCommand(text);
      if (command?.type === 'media') back.push(command.audio);
    }
    const { likeness } = bestMatch(samples, toSamples(Buffer.concat(back), 'mulaw'), 400);
    expect(likeness).toBeGreaterThan(0.99);
    serializer.close();
  });

  test('answers at once, and exactly, when the bot wants the rate of the carrier', () => {
    const serializer = begun(module, { params: { sampleRate: 8000 } });
    const bytes = toAudio(tone(440, 8000, 0.02), 'mulaw');
    expect(serializer.deserialize(said(module, media(bytes)))).toMatchObject({
      audio: toAudio(toSamples(bytes, 'mulaw'), 'l16'),
    });
  });

  test('may be given another rate in the middle of a call', async () => {
    const serializer = begun(module);
    for (const sampleRate of [24_000, 16_000, 8000]) {
      const audio = toAudio(tone(1000, sampleRate), 'l16');
      const text = await write(serializer, { type: 'audio', audio, sampleRate, numChannels: 1 });
      const command = module.stream.decodeCommand(text ?? '');
      const heard = toSamples(command?.type === 'media' ? command.audio : new Uint8Array(0), 'mulaw');
      expect(bestMatch(heard, tone(1000, 8000), 100).likeness).toBeGreaterThan(0.99);
    }
    serializer.close();
  });

  test.each([
    [{ sampleRate: 7999, numChannels: 1 }, 'use 8000 to 48000 Hz'],
    [{ sampleRate: 48_001, numChannels: 1 }, 'use 8000 to 48000 Hz'],
    [{ sampleRate: 8000, numChannels: 2 }, 'one channel, not 2: mix them'],
  ])('does not take audio of %j: %s', (of, sentence) => {
    const audio = new Uint8Array(320);
    expect(() => begun(module).serialize({ type: 'audio', audio, ...of })).toThrow(sentence);
  });

  test.each([0, 7999, 48_001, 8000.5, 1e9])('refuses a stream of %d Hz', (sampleRate) => {
    const stream: StreamFacts = { ...facts, format: { encoding: 'mulaw', sampleRate } };
    const serializer = new CarrierFrameSerializer(module);
    expect(() => serializer.deserialize(said(module, { type: 'start', sequence: 1, stream }))).toThrow(
      expect.objectContaining({ code: 'ERR_AUDIO_UNREADABLE' }),
    );
  });

  test('forgets its stream when the next connection begins', () => {
    const serializer = begun(module);
    serializer.setup({ audioInSampleRate: null });
    expect(() => serializer.serialize({ type: 'interruption' })).toThrow('has not begun');
  });

  test('is found by the first messages of a call', async () => {
    const serializer = new TelephonyFrameSerializer();
    const frames = module.stream.opening.map((type) =>
      serializer.deserialize(
        said(module, type === 'start' ? { type, sequence: 1, stream: facts } : { type }),
      ),
    );
    expect(frames.at(-1)).toMatchObject({ type: 'start', provider: module.name });
    expect(frames.slice(0, -1).every((frame) => frame === null)).toBe(true);
    const text = await write(serializer, { type: 'interruption' });
    expect(module.stream.decodeCommand(text ?? '')).toEqual({ type: 'clear' });
  });
});

test('a connection that no carrier opened is told so, whatever it says', () => {
  const message = fc.oneof(fc.string(), fc.json(), fc.uint8Array());
  fc.assert(
    fc.property(message, (first) => {
      const serializer = new TelephonyFrameSerializer();
      const hear = (): unknown => serializer.deserialize(first) ?? serializer.deserialize('no start');
      expect(hear).toThrow(expect.objectContaining({ code: 'ERR_REQUEST_INVALID' }));
    }),
  );
  expect(() => new TelephonyFrameSerializer().serialize({ type: 'interruption' })).toThrow('has not begun');
});

test('garbage is ERR_FRAME_INVALID, never a crash', async () => {
  const serializers = [...modules.map((module) => begun(module)), new ProtobufFrameSerializer()];
  const message = fc.oneof(
    fc.string(),
    fc.json(),
    fc.uint8Array(),
    fc.constant('{"event":"media","media":{}}'),
  );
  await fc.assert(
    fc.asyncProperty(message, async (garbage) => {
      for (const serializer of serializers) {
        const failure = await Promise.resolve()
          .then(() => serializer.deserialize(garbage))
          .then(
            () => null,
            (error: unknown) => error,
          );
        const code = failure instanceof GatewayError ? failure.code : failure;
        expect([null, 'ERR_FRAME_INVALID']).toContain(code);
      }
    }),
    { numRuns: 300 },
  );
});

test('a resampler keeps what the new rate can carry, and folds nothing back', async () => {
  const loudness = async (hertz: number): Promise<number> => {
    const resampler = streamResampler(24_000, 8000);
    const audio = await resampler.push(toAudio(tone(hertz, 24_000), 'l16'));
    resampler.close();
    const samples = toSamples(audio, 'l16').subarray(800);
    return (
      Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length) /
      (8000 / Math.SQRT2)
    );
  };
  for (const hertz of [300, 1000, 3000, 3400]) expect(await loudness(hertz)).toBeCloseTo(1, 1);
  for (const hertz of [5000, 7000, 11_000]) expect(await loudness(hertz)).toBeLessThan(0.001);
});

test('a resampler that is closed gives nothing more', async () => {
  const resampler = streamResampler(8000, 16_000);
  const pushing = resampler.push(new Uint8Array(320));
  resampler.close();
  resampler.close();
  expect(await pushing).toHaveLength(0);
});
