import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './gateway-process.ts';

/** What each carrier says first on a stream, up to "start", as recorded beside its provider. */
export const openings: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  ['twilio', 'plivo', 'telnyx'].map((name) => [name, openingOf(name)]),
);

interface Recorded {
  readonly direction: string;
  readonly message: { readonly event: string };
}

function openingOf(provider: string): string[] {
  const file = join(root, 'providers', provider, 'fixtures/stream.jsonl');
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  const recorded = lines.map((line) => JSON.parse(line) as Recorded);
  const said = recorded.filter(({ direction }) => direction === 'provider_to_server');
  const start = said.findIndex(({ message }) => message.event === 'start');
  return said.slice(0, start + 1).map(({ message }) => JSON.stringify(message));
}
