import { existsSync, readFileSync } from 'node:fs';
import { parseFields } from '../../shared/fields.ts';

/** The release, from package.json: two folders above this source, three above what is built from it. */
export function ownVersion(): string {
  const files = ['../../package.json', '../../../package.json'].map((path) => new URL(path, import.meta.url));
  const file = files.find((candidate) => existsSync(candidate));
  return file ? parseFields(readFileSync(file, 'utf8'), 'ERR_CONFIG_INVALID').string('version') : 'unknown';
}
