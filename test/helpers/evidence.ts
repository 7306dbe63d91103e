import { readFileSync } from 'node:fs';
import type { Env } from '../../shared/env.ts';
import type { HttpRequest } from '../../shared/http.ts';
import type { Call } from '../../shared/provider.ts';
import type { StreamMessage } from '../../shared/stream.ts';

/** What every provider folder brings along to prove itself: fixtures/evidence.json. All values are invented. */
export interface Evidence {
  /** Variables under which the webhooks below are genuine. */
  readonly env: Env;
  /** What the carrier's own side needs besides. */
  readonly carrierEnv?: Env;
  /** Milliseconds since the epoch at which they are. */
  readonly now: number;
  /** The same call by POST and by GET. */
  readonly webhooks: readonly HttpRequest[];
  /** What `readCall` must find in each. */
  readonly call: Call;
}

export function readEvidence(provider: string): Evidence {
  return JSON.parse(readFileSync(fixture(provider, 'evidence.json'), 'utf8')) as Evidence;
}

/** One message of fixtures/stream.jsonl. */
export interface Frame {
  readonly direction: 'provider_to_server' | 'server_to_provider';
  /** As it went over the wire. */
  readonly message: StreamMessage;
}

interface Line {
  readonly direction: Frame['direction'];
  readonly frame: 'text' | 'binary' | 'close';
  readonly message?: unknown;
  readonly base64?: string;
}

/** The messages of a provider's stream, in order. */
export function readStream(provider: string): Frame[] {
  const lines = readFileSync(fixture(provider, 'stream.jsonl'), 'utf8').trim().split('\n');
  return lines
    .map((line) => JSON.parse(line) as Line)
    .filter(({ frame }) => frame !== 'close')
    .map(({ direction, frame, message, base64 = '' }) => ({
      direction,
      message: frame === 'text' ? JSON.stringify(message) : Uint8Array.from(Buffer.from(base64, 'base64')),
    }));
}

function fixture(provider: string, file: string): URL {
  return new URL(`../../providers/${provider}/fixtures/${file}`, import.meta.url);
}
