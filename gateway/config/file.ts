import { parse as parseToml, TomlError } from 'smol-toml';
import type { Problems } from './problems.ts';
import { parseConfigFile, type ConfigFile } from './schema.ts';

/** Reads hookswitch.toml; null is an empty one. Mistakes go to `found`, each with its path. */
export function readFile(toml: string | null, found: Problems): ConfigFile {
  const parsed = parseConfigFile(readToml(toml ?? '', found));
  if ('file' in parsed) return parsed.file;
  for (const { path, message } of parsed.mistakes) found.add(pathOf(path), message);
  return readFile(null, found);
}

/** An empty table for what is not TOML. */
export function readToml(toml: string, found: Pick<Problems, 'add'>): Record<string, unknown> {
  try {
    return parseToml(toml);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    found.add(`line ${error.line}, column ${error.column}`, 'is not TOML');
    return {};
  }
}

export function pathOf(path: readonly PropertyKey[]): string {
  return (
    path
      .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
      .join('')
      .slice(1) || 'file'
  );
}
