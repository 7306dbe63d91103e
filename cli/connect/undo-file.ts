import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Env } from '../../shared/env.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { NumberSettings } from '../../shared/numbers.ts';
import { writePrivateFile } from '../private-file.ts';
import { stateFile } from '../state.ts';

/** One change of a number: enough to take it back, and to see whether somebody else has changed it since. */
export interface NumberChange {
  readonly carrier: string;
  readonly number: string;
  /** ISO 8601. */
  readonly at: string;
  readonly before: NumberSettings;
  readonly wrote: NumberSettings;
}

const Settings = z.record(z.string(), z.string());
const FileData = z.object({
  version: z.literal(1),
  changes: z.array(
    z.object({ carrier: z.string(), number: z.string(), at: z.string(), before: Settings, wrote: Settings }),
  ),
});

/** Changes that are kept; the oldest goes first. */
export const MAX_CHANGES = 200;

export interface UndoFile {
  readonly path: string;
  /** The last change of a number, or null. */
  last(carrier: string, number: string): NumberChange | null;
  add(change: NumberChange): void;
  /** In the place of that number's last one; null takes it out. */
  replaceLast(change: NumberChange, by: NumberChange | null): void;
}

/** Beside the state file. Its owner's alone: the URLs in it may have credentials in them, as the carrier had. */
export function undoFile(env: Env): UndoFile {
  const path = stateFile(env).replace(/(\.json)?$/, '.numbers.json');
  return {
    path,
    last: (carrier, number) => read(path).findLast(isOf(carrier, number)) ?? null,
    add: (change) => write(path, [...read(path), change].slice(-MAX_CHANGES)),
    replaceLast({ carrier, number }, by) {
      const changes = read(path);
      const index = changes.findLastIndex(isOf(carrier, number));
      if (index >= 0) changes.splice(index, 1, ...(by ? [by] : []));
      write(path, changes);
    },
  };
}

function isOf(carrier: string, number: string): (change: NumberChange) => boolean {
  return (change) => change.carrier === carrier && change.number === number;
}

function read(path: string): NumberChange[] {
  try {
    return FileData.parse(JSON.parse(readFileSync(path, 'utf8'))).changes;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw new GatewayError(
      'ERR_CONFIG_INVALID',
      `${path} is damaged: move it away, and nothing before can be undone`,
    );
  }
}

function write(path: string, changes: readonly NumberChange[]): void {
  writePrivateFile(path, `${JSON.stringify({ version: 1, changes }, null, 2)}\n`);
}
