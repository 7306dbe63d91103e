// oxlint-disable-next-line import/default -- CommonJS: Node gives its exports as the default, and no names
import wavefile from 'wavefile';
import { describe, expect, test } from 'vitest';
import { readWav, writeWav } from '../../simulator/wav.ts';

// oxlint-disable-next-line import/no-named-as-default-member -- the name is there for the compiler only
const { WaveFile } = wavefile;

/** A sine of half the full scale. */
function tone(hertz: number, sampleRate: number, seconds: number): Float64Array {
  return Float64Array.from(
    { length: Math.round(sampleRate * seconds) },
    (_, index) => 0.5 * Math.sin((2 * Math.PI * hertz * index) / sampleRate),
  );
}

/** Largest sample of an integer depth; floats go to 1. */
const scales: Readonly<Record<string, number>> = { '8': 128, '16': 2 ** 15, '24': 2 ** 23, '32': 2 ** 31 };

function wavOf(
  channels: readonly Float64Array[],
  sampleRate: number,
  depth: string,
  container = 'RIFF',
): Uint8Array {
  const scale = scales[depth] ?? 1;
  const scaled = channels.map((channel) =>
    channel.map((sample) => (scale === 1 ? sample : Math.round(sample * scale) + (depth === '8' ? 128 : 0))),
  );
  const wav = new WaveFile();
  wav.fromScratch(channels.length, sampleRate, depth, scaled.length === 1 ? scaled[0]! : scaled, {
    container,
  });
  return wav.toBuffer();
}

/** Level of one frequency in samples at 8 kHz, in dB of full scale (Goertzel over whole periods, edges left out). */
function level(samples: Int16Array, hertz: number): number {
  const body = samples.subarray(800, samples.length - 800);
  let re = 0;
  let im = 0;
  body.forEach((sample, index) => {
    re += sample * Math.cos((2 * Math.PI * hertz * index) / 8000);
    im += sample * Math.sin((2 * Math.PI * hertz * index) / 8000);
  });
  return 20 * Math.log10((2 * Math.hypot(re, im)) / body.length / 32_768 + 1e-9);
}

function power(samples: Int16Array): number {
  const body = samples.subarray(800, samples.length - 800);
  const mean = body.reduce((sum, sample) => sum + sample * sample, 0) / body.length;
  return 10 * Math.log10((2 * mean) / 32_768 ** 2 + 1e-12);
}

describe('a 1 kHz tone stays a 1 kHz tone', () => {
  test.each([
    [8000, '8', 1],
    [8000, '16', 1],
    [11_025, '16', 1],
    [16_000, '16', 2],
    [22_050, '32', 1],
    [44_100, '24', 2],
    [44_100, '32', 1],
    [48_000, '32f', 6],
    [96_000, '64', 1],
  ])('at %i Hz, depth %s, %i channels', async (sampleRate, depth, count) => {
    const channels = Array.from({ length: count }, () => tone(1000, sampleRate, 1));
    const samples = await readWav(wavOf(channels, sampleRate, depth));
    expect(Math.abs(samples.length - 8000)).toBeLessThanOrEqual(1);
    expect(level(samples, 1000)).toBeCloseTo(-6.02, 1);
  });

  test.each([
    ['A-law', (wav: wavefile.WaveFile) => wav.toALaw()],
    ['µ-law', (wav: wavefile.WaveFile) => wav.toMuLaw()],
  ])('as %s', async (_, convert) => {
    const wav = new WaveFile(wavOf([tone(1000, 8000, 1)], 8000, '16'));
    convert(wav);
    const samples = await readWav(wav.toBuffer());
    expect(level(samples, 1000)).toBeCloseTo(-6.02, 0);
  });
});

test.each([4500, 5000, 7000, 9000, 15_000])(
  'a tone of %i Hz is filtered out, not folded back',
  async (hertz) => {
    const channel = tone(hertz, 44_100, 1);
    const samples = await readWav(wavOf([channel, channel], 44_100, '24'));
    expect(power(samples)).toBeLessThan(-6 - 50);
  },
);

test.each(['16', '24', '32f'])('a big-endian file of depth %s is read', async (depth) => {
  const samples = await readWav(wavOf([tone(1000, 8000, 1)], 8000, depth, 'RIFX'));
  expect(level(samples, 1000)).toBeCloseTo(-6.02, 1);
});

test('channels are mixed in equal parts', async () => {
  const samples = await readWav(wavOf([tone(1000, 16_000, 1), new Float64Array(16_000)], 16_000, '16'));
  expect(level(samples, 1000)).toBeCloseTo(-12.04, 1);
});

test('a long file is resampled whole', async () => {
  const samples = await readWav(wavOf([tone(1000, 44_100, 30)], 44_100, '16'));
  expect(Math.abs(samples.length - 240_000)).toBeLessThanOrEqual(1);
  for (const at of [0, 100_000, 232_000]) {
    expect(level(samples.subarray(at, at + 8000), 1000)).toBeCloseTo(-6.02, 1);
  }
  expect(power(samples)).toBeCloseTo(-6.02, 1);
});

test('what is written is read as the same samples', async () => {
  const samples = Int16Array.from({ length: 400 }, (_, index) => index * 100 - 20_000);
  expect(await readWav(writeWav(samples))).toEqual(samples);
});

function adpcm(): Uint8Array {
  const wav = new WaveFile(wavOf([tone(1000, 8000, 1)], 8000, '16'));
  wav.toIMAADPCM();
  return wav.toBuffer();
}

test.each([
  ['an empty file', new Uint8Array(0)],
  ['text', Buffer.from('hello, this is no audio at all, only words')],
  ['a header alone', wavOf([tone(1000, 8000, 1)], 8000, '16').subarray(0, 20)],
  ['no samples', writeWav(new Int16Array(0))],
  ['ADPCM', adpcm()],
  ['a rate of 7 Hz', wavOf([tone(1, 7, 10)], 7, '16')],
])('%s is refused with cause and cure', async (_, bytes) => {
  await expect(readWav(bytes)).rejects.toMatchObject({
    code: 'ERR_AUDIO_UNREADABLE',
    message: expect.stringMatching(/the audio cannot be read: .+: .+/),
  });
});
