// npm run bench: builds what is measured and what measures, then measures. Node 20 runs no TypeScript.
import { execFileSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { build, isBuilt } from '../scripts/build.mjs';

const root = join(import.meta.dirname, '..');
const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
const bench = join(root, `dist.bench.${process.pid}`);
/** A copy: whoever builds meanwhile does not change what is measured. */
const product = join(root, `dist.measured.${process.pid}`);
process.on('exit', () => {
  for (const folder of [bench, product]) rmSync(folder, { recursive: true, force: true });
});

if (!isBuilt()) build();
cpSync(join(root, 'dist'), product, { recursive: true });
const args = [tsc, '-p', import.meta.dirname, '--outDir', bench];
execFileSync(process.execPath, args, { stdio: ['ignore', 2, 2] });
const { main } = await import(join(bench, 'main.js'));
await main(process.argv, product);
