import { toSamples } from '../shared/audio.ts';

/** Bytes of a WAV file's samples as numbers; full scale is 1. */
export type PcmReader = (bytes: Uint8Array, isLittleEndian: boolean) => Float32Array;

/** By the names that `wavefile` has for them: bits, "f" for float, "a" and "m" for G.711. */
export const pcmReaders: Readonly<Record<string, PcmReader>> = {
  '8': (bytes) => Float32Array.from(bytes, (byte) => (byte - 128) / 128), // 8 bits alone have no sign
  '16': reader(2, (view, at, little) => view.getInt16(at, little) / 2 ** 15),
  '24': reader(3, (view, at, little) => int24(view, at, little) / 2 ** 23),
  '32': reader(4, (view, at, little) => view.getInt32(at, little) / 2 ** 31),
  '32f': reader(4, (view, at, little) => view.getFloat32(at, little)),
  '64': reader(8, (view, at, little) => view.getFloat64(at, little)),
  '8a': (bytes) => Float32Array.from(toSamples(bytes, 'alaw'), (sample) => sample / 2 ** 15),
  '8m': (bytes) => Float32Array.from(toSamples(bytes, 'mulaw'), (sample) => sample / 2 ** 15),
};

function reader(
  size: number,
  read: (view: DataView, at: number, isLittleEndian: boolean) => number,
): PcmReader {
  return (bytes, isLittleEndian) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const samples = new Float32Array(Math.floor(bytes.length / size));
    for (let index = 0; index < samples.length; index += 1) {
      samples[index] = read(view, index * size, isLittleEndian);
    }
    return samples;
  };
}

function int24(view: DataView, at: number, isLittleEndian: boolean): number {
  const high = view.getInt8(isLittleEndian ? at + 2 : at);
  return high * 65_536 + view.getUint8(at + 1) * 256 + view.getUint8(isLittleEndian ? at : at + 2);
}
