import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'smol-toml';
import { parseAllDocuments } from 'yaml';

export const root: string = join(import.meta.dirname, '../..');

export function readText(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** The documents of a YAML file, merge keys resolved. Throws at its first mistake. */
export function readYaml<T = Record<string, unknown>>(path: string): T[] {
  return parseAllDocuments(readText(path), { merge: true }).map((document) => {
    const [error] = document.errors;
    if (error) throw error;
    return document.toJS() as T;
  });
}

/** Seconds from SIGTERM to the end of the last call, by a hookswitch.toml. */
export function longestDrain(path: string): number {
  const { drain_delay: delay, drain_timeout: timeout } = parse(readText(path));
  return Number(delay) + Number(timeout);
}
