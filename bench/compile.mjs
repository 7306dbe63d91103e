// Compiles this folder into one that is gone when the process ends. Node 20 runs no TypeScript.
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export const root = join(import.meta.dirname, '..');

export function compileBench() {
  const folder = join(root, `dist.bench.${process.pid}`);
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
  const args = [tsc, '-p', import.meta.dirname, '--outDir', folder];
  execFileSync(process.execPath, args, { stdio: ['ignore', 2, 2] });
  return folder;
}
