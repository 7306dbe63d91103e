import type { AudioFormat } from './stream.ts';

type Encoding = AudioFormat['encoding'];

/** Bytes of one sample. */
export const SAMPLE_BYTES: Readonly<Record<Encoding, number>> = { mulaw: 1, alaw: 1, l16: 2 };

/** Milliseconds of audio in one frame: what carriers send. */
export const FRAME_MS = 20;

/** Bytes of `ms` milliseconds of audio. */
export function bytesOf({ encoding, sampleRate }: AudioFormat, ms: number): number {
  return Math.round((sampleRate * ms) / 1000) * SAMPLE_BYTES[encoding];
}

/** Audio as it travels, as 16-bit samples. A last half sample is left out. */
export function toSamples(audio: Uint8Array, encoding: Encoding): Int16Array {
  return readers[encoding](audio);
}

/** 16-bit samples as audio that travels. */
export function toAudio(samples: Int16Array, encoding: Encoding): Uint8Array {
  return writers[encoding](samples);
}

/** How loud samples are: root mean square, 0 for none. */
export function levelOf(samples: Int16Array): number {
  if (samples.length === 0) return 0;
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
}

/** Level at and below which nobody hears anything: -60 dBFS. */
export const AUDIBLE = 32;

const readers: Readonly<Record<Encoding, (audio: Uint8Array) => Int16Array>> = {
  mulaw: (audio) => Int16Array.from(audio, (code) => MULAW_SAMPLES[code] ?? 0),
  alaw: (audio) => Int16Array.from(audio, (code) => ALAW_SAMPLES[code] ?? 0),
  l16: (audio) => {
    const view = new DataView(audio.buffer, audio.byteOffset, audio.byteLength);
    return Int16Array.from({ length: audio.byteLength >> 1 }, (_, index) => view.getInt16(index * 2, true));
  },
};

const writers: Readonly<Record<Encoding, (samples: Int16Array) => Uint8Array>> = {
  mulaw: (samples) => Uint8Array.from(samples, (sample) => MULAW_CODES[sample + 32_768] ?? 0),
  alaw: (samples) => Uint8Array.from(samples, (sample) => ALAW_CODES[sample + 32_768] ?? 0),
  l16: (samples) => {
    const audio = new Uint8Array(samples.length * 2);
    const view = new DataView(audio.buffer);
    samples.forEach((sample, index) => view.setInt16(index * 2, sample, true));
    return audio;
  },
};

/*
 * G.711, by the reference code of ITU-T G.191 (STL, g711.c): magnitudes are compared in 14 bits (µ-law) and 13 bits
 * (A-law), negative ones as their one's complement. Tables are filled once, when this file is loaded.
 *
 * @see https://www.itu.int/rec/T-REC-G.711 and https://github.com/openitu/STL/blob/dev/src/g711/g711.c (read 2026-11-21)
 */

/** `code` has its bits as they travel: inverted, sign first, 1 for positive. */
function mulawSample(code: number): number {
  const bits = ~code & 0xff;
  const magnitude = ((((bits & 0x0f) << 3) + 0x84) << ((bits >> 4) & 7)) - 0x84;
  return bits & 0x80 ? -magnitude : magnitude;
}

function mulawCode(sample: number): number {
  const magnitude = Math.min(((sample < 0 ? ~sample : sample) >> 2) + 33, 0x1fff);
  const segment = 26 - Math.clz32(magnitude); // 33..63 is segment 0
  const bits = (segment << 4) | ((magnitude >> (segment + 1)) & 0x0f);
  return ~(sample < 0 ? bits | 0x80 : bits) & 0xff;
}

/** `code` has its even bits inverted, sign first, 1 for positive. */
function alawSample(code: number): number {
  const bits = code ^ 0x55;
  const segment = (bits >> 4) & 7;
  const mantissa = ((bits & 0x0f) << 4) + 8;
  const magnitude = segment === 0 ? mantissa : (mantissa + 0x100) << (segment - 1);
  return bits & 0x80 ? magnitude : -magnitude;
}

function alawCode(sample: number): number {
  const magnitude = (sample < 0 ? ~sample : sample) >> 4;
  const segment = Math.max(0, 28 - Math.clz32(magnitude)); // 0..15 is segment 0, 16..31 is 1
  const mantissa = segment === 0 ? magnitude : (magnitude >> (segment - 1)) & 0x0f;
  const bits = (segment << 4) | mantissa;
  return (sample < 0 ? bits : bits | 0x80) ^ 0x55;
}

const MULAW_SAMPLES = Int16Array.from({ length: 256 }, (_, code) => mulawSample(code));
const ALAW_SAMPLES = Int16Array.from({ length: 256 }, (_, code) => alawSample(code));
const MULAW_CODES = Uint8Array.from({ length: 65_536 }, (_, index) => mulawCode(index - 32_768));
const ALAW_CODES = Uint8Array.from({ length: 65_536 }, (_, index) => alawCode(index - 32_768));
