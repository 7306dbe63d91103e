import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { registerExport } from '../../cli/export/command.ts';

/** `hookswitch export …`, in this process. Returns what was written, by path. */
export function exportInto(
  folder: string,
  templates: string,
  args: readonly string[],
): ReadonlyMap<string, string> {
  const written = new Map<string, string>();
  const program = new Command().exitOverride();
  registerExport(program, { templates, version: '0.0.0', stdout: { write: () => {} } });
  program.parse(['export', ...args, '--out', folder, '--force'], { from: 'user' });
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (path.startsWith('node_modules') || !statSync(join(folder, path)).isFile()) continue;
    written.set(path, readFileSync(join(folder, path), 'utf8'));
  }
  return written;
}
