import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findLeaks, TRACE } from '../helpers/leaks.ts';

/**
 * After the whole suite: no line that any gateway or command printed holds a token, key, auth token, signature, body or
 * full phone number that was used in it. Otherwise the run fails.
 */
export function setup(): () => void {
  // Commands are tested as they are shipped: compiled.
  execFileSync(process.execPath, [join(import.meta.dirname, '../../scripts/build.mjs'), '--if-needed']);
  const folder = mkdtempSync(join(tmpdir(), 'hookswitch-test-'));
  process.env[TRACE] = folder;
  process.env['HOOKSWITCH_STATE'] = join(folder, 'state', 'state.json');
  return () => {
    const { secrets, lines, found } = findLeaks(folder);
    rmSync(folder, { recursive: true });
    process.stdout.write(`searched ${lines} printed lines for ${secrets} secrets: ${found.length} leaks\n`);
    if (found.length === 0) return;
    process.stderr.write(`secrets were printed:\n${found.slice(0, 10).join('\n')}\n`);
    process.exitCode = 1; // vitest reports what a teardown throws, and exits 0
  };
}
