// Compiles to dist/ and copies what is read at run time. With --if-needed: only when a source is newer.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const root = join(import.meta.dirname, '..');
const folders = ['shared', 'providers', 'gateway', 'simulator', 'demo', 'cli', 'transports'];
const assets = ['simulator/recordings'];
const stamp = join(root, 'dist/cli/main.js');

function newest(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

export function isBuilt() {
  const sources = [
    ...folders,
    'scripts/functions.mjs',
    'package.json',
    'tsconfig.json',
    'tsconfig.build.json',
  ];
  return existsSync(stamp) && sources.every((path) => newest(join(root, path)) < statSync(stamp).mtimeMs);
}

/** Into a folder of its own, which then takes the place of dist/: whoever runs from there meanwhile is not cut short. */
export function build() {
  const draft = join(root, `dist.${process.pid}`);
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
  const compile = [tsc, '-p', 'tsconfig.build.json', '--outDir', draft];
  const bundle = [join(root, 'scripts/functions.mjs'), join(draft, 'functions')];
  try {
    for (const args of [compile, bundle]) {
      execFileSync(process.execPath, args, { cwd: root, stdio: ['ignore', 2, 2] });
    }
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    throw error;
  }
  for (const path of assets) cpSync(join(root, path), join(draft, path), { recursive: true });
  utimesSync(join(draft, 'cli/main.js'), new Date(), new Date());
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  renameSync(draft, join(root, 'dist'));
}

if (process.argv[1] === import.meta.filename && !(process.argv.includes('--if-needed') && isBuilt())) build();
