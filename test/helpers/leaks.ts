import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where this run collects everything it prints, and every secret it uses. Set by test/setup. */
export const TRACE = 'HOOKSWITCH_TEST_TRACE';

/** Keeps what was printed, to be searched when all tests have run. */
export function printed(text: string): void {
  append('printed', text);
}

/** Keeps a value that nothing printed may contain. */
export function secret(...values: readonly string[]): void {
  for (const value of values) append('secrets', value);
}

function append(kind: 'printed' | 'secrets', text: string): void {
  const folder = process.env[TRACE];
  if (folder !== undefined) appendFileSync(join(folder, `${kind}-${process.pid}`), `${text}\n`);
}

/** Characters. Shorter values are words that occur by chance. */
const MIN_SECRET = 8;

export interface Leaks {
  readonly secrets: number;
  readonly lines: number;
  /** Printed lines with a secret in them. */
  readonly found: readonly string[];
}

export function findLeaks(folder: string): Leaks {
  const read = (kind: string): string[] =>
    readdirSync(folder)
      .filter((name) => name.startsWith(`${kind}-`))
      .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'));
  const secrets = [...new Set(read('secrets'))].filter((value) => value.length >= MIN_SECRET);
  const lines = read('printed').filter(Boolean);
  const text = lines.join('\n');
  const leaked = secrets.filter((value) => text.includes(value));
  const found = lines.filter((line) => leaked.some((value) => line.includes(value)));
  return { secrets: secrets.length, lines: lines.length, found };
}
