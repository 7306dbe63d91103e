import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toAudio, toSamples } from '../../shared/audio.ts';
import { bestMatch } from '../helpers/correlation.ts';
import {
  fromPlain,
  messageOf,
  plainMessage,
  serializerOf,
  toPlain,
  type PlainFrame,
  type PlainMessage,
} from '../transports/plain-frames.ts';

/** A Python with pipecat-ai 1.14.0 in it. Nothing is compared without one. */
const python = process.env['HOOKSWITCH_PYTHON'];

describe.skipIf(python === undefined)("Pipecat's own serializers, alive (HOOKSWITCH_PYTHON)", () => {
  let child: ChildProcess;
  let answers: AsyncIterator<string>;

  beforeAll(() => {
    const script = join(import.meta.dirname, 'serializers.py');
    child = spawn(python ?? '', [script], { stdio: ['pipe', 'pipe', 'inherit'] });
    answers = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  });
  afterAll(async () => {
    child.stdin?.end();
    if (child.exitCode === null) await once(child, 'close');
  });

  async function ask<Answer>(question: object): Promise<Answer> {
    child.stdin!.write(`${JSON.stringify(question)}\n`);
    const { value, done } = await answers.next();
    if (done) throw new Error('serializers.py ended: see what it printed');
    return JSON.parse(value) as Answer;
  }

  const words = fc.string({ unit: 'grapheme', maxLength: 40 });
  const label = {
    id: fc.bigInt(1n, 2n ** 64n - 1n).map(String),
    name: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
  };
  const base64 = fc.uint8Array({ maxLength: 640 }).map((bytes) => Buffer.from(bytes).toString('base64'));
  /** From 1 on: Pipecat divides by it. */
  const uint32 = fc.integer({ min: 1, max: 2 ** 32 - 1 });
  const audio = {
    type: fc.constant('audio'),
    audio: base64,
    sampleRate: uint32,
    numChannels: uint32,
    ...label,
  };
  const frame: fc.Arbitrary<PlainFrame> = fc.oneof(
    fc.record(audio),
    fc.record({ ...audio, pts: fc.bigInt(1n, 2n ** 64n - 1n).map(String) }),
    fc.record({ type: fc.constant('text'), text: words, ...label }),
    fc.record({ type: fc.constant('transcription'), text: words, userId: words, timestamp: words, ...label }),
    fc.record({ type: fc.constant('interruption'), ...label }),
  );

  test('write the same Protobuf bytes, and read what we write as what it is', async () => {
    await fc.assert(
      fc.asyncProperty(frame, async (plain) => {
        const ours = plainMessage(await serializerOf('protobuf').serialize(fromPlain(plain)));
        expect(await ask<PlainMessage>({ serializer: 'protobuf', frame: plain })).toEqual(ours);
        expect(await ask({ serializer: 'protobuf', ...ours })).toEqual({ frame: plain });
        expect(toPlain(await serializerOf('protobuf').deserialize(messageOf(ours)))).toEqual(plain);
      }),
      { numRuns: 300 },
    );
  });

  test('carry any JSON both ways', async () => {
    const message = fc
      .dictionary(words, fc.jsonValue())
      .map((value) => JSON.parse(JSON.stringify(value)) as object);
    await fc.assert(
      fc.asyncProperty(message, async (value) => {
        const plain = { type: 'message', message: value };
        const ours = plainMessage(await serializerOf('protobuf').serialize(fromPlain(plain)));
        expect(await ask({ serializer: 'protobuf', ...ours })).toEqual({ frame: plain });
        const theirs = await ask<PlainMessage>({ serializer: 'protobuf', frame: plain });
        expect(toPlain(await serializerOf('protobuf').deserialize(messageOf(theirs)))).toEqual(plain);
      }),
      { numRuns: 100 },
    );
  });

  /** A sweep from 300 to 3000 Hz: what a telephone carries. */
  const sweep = (sampleRate: number): string => {
    const samples = Int16Array.from({ length: sampleRate }, (_, index) => {
      const t = index / sampleRate;
      return Math.round(8000 * Math.sin(2 * Math.PI * (300 * t + 1350 * t * t)));
    });
    return Buffer.from(toAudio(samples, 'l16')).toString('base64');
  };
  const samplesOf = (payload: string, encoding: 'mulaw' | 'alaw'): Int16Array =>
    toSamples(Buffer.from(payload, 'base64'), encoding);

  test.each(['twilio', 'plivo', 'telnyx', 'telnyx-pcma'])(
    '%s: one second at 24 kHz sounds the same on the line',
    async (name) => {
      const plain = { type: 'audio', audio: sweep(24_000), sampleRate: 24_000, numChannels: 1 };
      const theirs = await ask<{ text: string }>({ serializer: name, frame: plain });
      const ours = plainMessage(await serializerOf(name).serialize(fromPlain(plain)));
      const encoding = name === 'telnyx-pcma' ? 'alaw' : 'mulaw';
      const [our, their] = [ours as { text: string }, theirs].map(({ text }) => {
        const { media } = JSON.parse(text) as { media: { payload: string } };
        return samplesOf(media.payload, encoding);
      });
      const forwards = bestMatch(our!, their!, 200);
      const backwards = bestMatch(their!, our!, 200);
      expect(Math.max(forwards.likeness, backwards.likeness)).toBeGreaterThan(0.99);
    },
  );
});
