/** Bytes of a WAV header for 16-bit PCM. */
export const WAV_HEADER = 44;

/**
 * 16-bit samples as a WAV file: what `addWavHeader` puts into every audio frame. A last part that is no whole sample of every
 * channel is left out, as Pipecat does (`pcm_to_wav`, pipecat-ai 1.14.0, read 2026-11-21).
 */
export function withWavHeader(audio: Uint8Array, sampleRate: number, numChannels: number): Uint8Array {
  const block = 2 * numChannels;
  const length = audio.length - (audio.length % block);
  const file = Buffer.alloc(WAV_HEADER + length);
  file.write('RIFF', 0, 'latin1');
  file.writeUInt32LE(WAV_HEADER - 8 + length, 4);
  file.write('WAVEfmt ', 8, 'latin1');
  file.writeUInt32LE(16, 16); // bytes of the format
  file.writeUInt16LE(1, 20); // PCM
  file.writeUInt16LE(numChannels, 22);
  file.writeUInt32LE(sampleRate, 24);
  file.writeUInt32LE(sampleRate * block, 28);
  file.writeUInt16LE(block, 32);
  file.writeUInt16LE(16, 34); // bits of a sample
  file.write('data', 36, 'latin1');
  file.writeUInt32LE(length, 40);
  file.set(audio.subarray(0, length), WAV_HEADER);
  return file;
}
