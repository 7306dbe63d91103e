import { describe, expect, test } from 'vitest';
import { bytesOf, toAudio, toSamples } from '../shared/audio.ts';

const codes = Uint8Array.from({ length: 256 }, (_, code) => code);

describe('G.711', () => {
  // ITU-T G.711 tables 1a/1b and 2a/2b: outputs scaled to 16 bits, and the first decision values around them.
  test.each([
    ['mulaw', 0xff, 0],
    ['mulaw', 0x7f, 0],
    ['mulaw', 0xfe, 8],
    ['mulaw', 0x7e, -8],
    ['mulaw', 0xef, 132],
    ['mulaw', 0xf0, 120],
    ['mulaw', 0x80, 32_124],
    ['mulaw', 0x00, -32_124],
    ['mulaw', 0x8f, 16_764],
    ['mulaw', 0x90, 15_996],
    ['alaw', 0xd5, 8],
    ['alaw', 0x55, -8],
    ['alaw', 0xd4, 24],
    ['alaw', 0xc5, 264],
    ['alaw', 0xaa, 32_256],
    ['alaw', 0x2a, -32_256],
    ['alaw', 0x80, 5_504],
  ] as const)('%s code %i is the sample %i', (encoding, code, sample) => {
    expect(toSamples(Uint8Array.of(code), encoding)[0]).toBe(sample);
  });

  test.each([
    ['mulaw', 0, 0xff],
    ['mulaw', -1, 0x7f],
    ['mulaw', 3, 0xff],
    ['mulaw', 4, 0xfe],
    ['mulaw', 32_767, 0x80],
    ['mulaw', -32_768, 0x00],
    ['alaw', 0, 0xd5],
    ['alaw', -1, 0x55],
    ['alaw', 15, 0xd5],
    ['alaw', 16, 0xd4],
    ['alaw', 32_767, 0xaa],
    ['alaw', -32_768, 0x2a],
  ] as const)('%s writes the sample %i as %i', (encoding, sample, code) => {
    expect(toAudio(Int16Array.of(sample), encoding)[0]).toBe(code);
  });

  test.each(['mulaw', 'alaw'] as const)(
    'every %s code comes back as itself, minus zero as zero',
    (encoding) => {
      const back = toAudio(toSamples(codes, encoding), encoding);
      expect(back).toEqual(codes.map((code) => (encoding === 'mulaw' && code === 0x7f ? 0xff : code)));
    },
  );

  test.each([
    ['mulaw', 0.033],
    ['alaw', 0.033],
  ] as const)('%s is never further from a 16-bit sample than half a step', (encoding, share) => {
    const samples = Int16Array.from({ length: 65_536 }, (_, index) => index - 32_768);
    const back = toSamples(toAudio(samples, encoding), encoding);
    const worst = samples.reduce(
      (most, sample, index) =>
        Math.max(most, Math.abs(sample - (back[index] ?? 0)) / (Math.abs(sample) + 500)),
      0,
    );
    expect(worst).toBeLessThan(share);
  });

  test.each(['mulaw', 'alaw'] as const)('%s grows with the sample', (encoding) => {
    const samples = Int16Array.from({ length: 65_536 }, (_, index) => index - 32_768);
    const back = toSamples(toAudio(samples, encoding), encoding);
    expect(back.every((sample, index) => index === 0 || sample >= (back[index - 1] ?? 0))).toBe(true);
  });
});

describe('l16', () => {
  test('is little-endian and exact, at any offset of its buffer', () => {
    const samples = Int16Array.of(0, 1, -1, 32_767, -32_768);
    const audio = toAudio(samples, 'l16');
    expect([...audio.subarray(2, 6)]).toEqual([1, 0, 255, 255]);
    const shifted = new Uint8Array(audio.length + 1).subarray(1);
    shifted.set(audio);
    expect(toSamples(shifted, 'l16')).toEqual(samples);
  });

  test('a last half sample is left out', () => {
    expect(toSamples(Uint8Array.of(1, 0, 2), 'l16')).toEqual(Int16Array.of(1));
  });
});

test.each([
  ['mulaw', 8000, 160],
  ['alaw', 8000, 160],
  ['l16', 16_000, 640],
] as const)('20 ms of %s at %i Hz are %i bytes', (encoding, sampleRate, bytes) => {
  expect(bytesOf({ encoding, sampleRate }, 20)).toBe(bytes);
});
