import { readFile, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { GatewayError, type ErrorCode } from '../shared/errors.ts';
import type { ProviderModule } from '../shared/provider.ts';
import type { CallerSource } from './caller-source.ts';
import { MAX_RECORDING, readRecordedSource } from './recorded-source.ts';
import { MAX_WAV, readWav } from './wav.ts';

/** A caller who says what a WAV file holds. Rejects with ERR_AUDIO_UNREADABLE. */
export async function sourceOfWav(path: string): Promise<CallerSource> {
  const bytes = await readWhole(path, MAX_WAV, 'ERR_AUDIO_UNREADABLE');
  return { samples: await readWav(bytes), digits: [] };
}

/** The caller of a recorded stream of the same carrier. Rejects with ERR_RECORDING_INVALID. */
export async function sourceOfRecording(path: string, { stream }: ProviderModule): Promise<CallerSource> {
  const bytes = await readWhole(path, MAX_RECORDING, 'ERR_RECORDING_INVALID');
  return readRecordedSource(new TextDecoder().decode(bytes), stream);
}

/** The caller that comes with the package: a sentence, the digit 5, and `#`. */
export async function shippedSource(provider: ProviderModule): Promise<CallerSource> {
  const path = new URL(`recordings/${provider.name}.jsonl`, import.meta.url);
  return sourceOfRecording(fileURLToPath(path), provider);
}

async function readWhole(path: string, limit: number, code: ErrorCode): Promise<Uint8Array> {
  const size = await stat(path).then(
    (found) => found.size,
    (cause: unknown) => {
      throw new GatewayError(code, `${path} cannot be opened: check the path and its permissions`, { cause });
    },
  );
  if (size > limit) throw new GatewayError(code, `${path} has ${size} bytes, the limit is ${limit}: cut it`);
  try {
    return await readFile(path);
  } catch (cause) {
    throw new GatewayError(code, `${path} cannot be read: is it a file?`, { cause });
  }
}
