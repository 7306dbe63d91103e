// Compiles test/chaos, test/soak and test/replicas to a folder beside dist/, so that they run in plain processes on every Node.
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export const root = join(import.meta.dirname, '../..');

/** Builds what is tested, compiles the tests, and runs one of them, as a path below test/. Gone with this process. */
export async function run(file) {
  const node = (...args) => execFileSync(process.execPath, args, { cwd: root, stdio: ['ignore', 2, 2] });
  node(join(root, 'scripts/build.mjs'), '--if-needed');
  const out = join(root, `dist.test-${process.pid}`);
  process.on('exit', () => rmSync(out, { recursive: true, force: true }));
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
  node(tsc, '-p', join(import.meta.dirname, 'tsconfig.json'), '--outDir', out);
  process.env.HOOKSWITCH_ROOT = root;
  await import(join(out, 'test', file.replace(/ts$/, 'js')));
}
