// oxlint-disable-next-line import/default -- CommonJS: Node gives its exports as the default, and no names
import wavefile from 'wavefile';
import { GatewayError } from '../shared/errors.ts';
import { LINE_RATE } from './caller-source.ts';
import { pcmReaders } from './pcm.ts';
import { resample } from './resample.ts';

// oxlint-disable-next-line import/no-named-as-default-member -- the name is there for the compiler only
const { WaveFile } = wavefile;

/** Bytes of a WAV file; a longer one is refused. About 6 minutes of stereo at 44.1 kHz and 16 bits. */
export const MAX_WAV: number = 64 * 1024 * 1024;

/** Hz; what the resampler takes on its way to 8000. */
const RATES = { min: 100, max: 1_000_000 };

/**
 * A WAV file of any rate, depth (8 to 32 bits, float, G.711) and channel count as 16-bit samples at 8 kHz,
 * channels mixed in equal parts. Throws ERR_AUDIO_UNREADABLE, naming cause and cure.
 */
export async function readWav(bytes: Uint8Array): Promise<Int16Array> {
  if (bytes.length > MAX_WAV) {
    throw unreadable(
      `it has ${bytes.length} bytes, the limit is ${MAX_WAV}: cut it, or save it with a lower rate`,
    );
  }
  const { mono, sampleRate } = decode(bytes);
  if (mono.length === 0) throw unreadable('there are no samples in it: save it again');
  if (!(sampleRate >= RATES.min && sampleRate <= RATES.max)) {
    throw unreadable(`its sample rate is ${sampleRate} Hz: save it with 8000 to 48000 Hz`);
  }
  const line = await resample(mono, sampleRate, LINE_RATE);
  return Int16Array.from(line, (sample) => Math.max(-32_768, Math.min(32_767, Math.round(sample * 32_768))));
}

/** 16-bit mono samples at 8 kHz as a WAV file. */
export function writeWav(samples: Int16Array): Uint8Array {
  const wav = new WaveFile();
  wav.fromScratch(1, LINE_RATE, '16', samples);
  return wav.toBuffer();
}

interface Decoded {
  /** Full scale is 1. */
  readonly mono: Float32Array;
  readonly sampleRate: number;
}

function decode(bytes: Uint8Array): Decoded {
  try {
    const wav = new WaveFile(bytes);
    const read = Object.hasOwn(pcmReaders, wav.bitDepth) ? pcmReaders[wav.bitDepth] : undefined;
    if (!read) throw new Error(`its samples are of the kind "${wav.bitDepth}", which is not read here`);
    const { numChannels, sampleRate, samples } = partsOf(wav);
    return { mono: mix(read(samples, wav.container !== 'RIFX'), numChannels), sampleRate };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.replace(/\.$/, '') : 'unknown format';
    throw unreadable(`${why}: give a WAV file with PCM samples, as "ffmpeg -i in out.wav" writes it`, cause);
  }
}

/** The library's types say "object" for what these are. */
function partsOf({ fmt, data }: wavefile.WaveFile): {
  numChannels: number;
  sampleRate: number;
  samples: Uint8Array;
} {
  const parts = { numChannels: 0, sampleRate: 0, samples: null, ...fmt, ...data };
  const { numChannels, sampleRate, samples }: Readonly<Record<keyof typeof parts, unknown>> = parts;
  if (typeof numChannels !== 'number' || numChannels < 1) throw new Error('its header names no channels');
  if (typeof sampleRate !== 'number') throw new Error('its header names no sample rate');
  if (!(samples instanceof Uint8Array)) throw new Error('there are no samples in it');
  return { numChannels, sampleRate, samples };
}

function mix(interleaved: Float32Array, channels: number): Float32Array {
  return Float32Array.from({ length: Math.floor(interleaved.length / channels) }, (_, index) => {
    let sum = 0;
    for (let channel = 0; channel < channels; channel += 1)
      sum += interleaved[index * channels + channel] ?? 0;
    return sum / channels;
  });
}

function unreadable(message: string, cause?: unknown): GatewayError {
  return new GatewayError('ERR_AUDIO_UNREADABLE', `the audio cannot be read: ${message}`, { cause });
}
