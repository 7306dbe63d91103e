import { readFileSync } from 'node:fs';
import type { Env } from '../../shared/env.ts';
import type { HttpRequest } from '../../shared/http.ts';
import type { Call } from '../../shared/provider.ts';

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

/** One frame of fixtures/stream.jsonl. */
export interface Frame {
  readonly direction: 'provider_to_server' | 'server_to_provider';
  readonly message: { readonly event: string } & Readonly<Record<string, unknown>>;
}

/** The text frames of a provider's stream, in order. */
export function readStream(provider: string): Frame[] {
  const lines = readFileSync(fixture(provider, 'stream.jsonl'), 'utf8').trim().split('\n');
  const frames = lines.map((line) => JSON.parse(line) as Frame & { readonly frame: string });
  return frames.filter(({ frame }) => frame === 'text');
}

function fixture(provider: string, file: string): URL {
  return new URL(`../../providers/${provider}/fixtures/${file}`, import.meta.url);
}
