// Runs one of examples/, on any Node: compiles it first when a source is newer. Usage: npm run example echo-bot
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const root = join(import.meta.dirname, '..');
const names = readdirSync(join(root, 'examples')).flatMap((file) => /^(.+)\.ts$/.exec(file)?.[1] ?? []);
const name = process.argv[2] ?? '';
if (!names.includes(name)) {
  process.stderr.write(`there is no example "${name}": give one of ${names.join(', ')}\n`);
  process.exit(2);
}

const times = ['examples', 'transports', 'providers', 'shared'].flatMap((part) =>
  readdirSync(join(root, part), { recursive: true }).map((file) => statSync(join(root, part, file)).mtimeMs),
);
// A folder for each state of the sources: whoever runs from another one is not cut short.
const outputs = join(root, 'dist.examples');
const folder = join(outputs, `${times.length}-${Math.round(Math.max(...times))}`);
if (!existsSync(folder)) {
  const draft = `${folder}.${process.pid}`;
  const tsc = createRequire(import.meta.url).resolve('typescript/package.json');
  const args = [join(tsc, '../bin/tsc'), '-p', 'examples/tsconfig.json', '--outDir', draft];
  execFileSync(process.execPath, args, { cwd: root, stdio: ['ignore', 2, 2] });
  try {
    renameSync(draft, folder);
  } catch {
    rmSync(draft, { recursive: true }); // somebody else was faster
  }
  const old = readdirSync(outputs).filter(
    (each) => Date.now() - statSync(join(outputs, each)).mtimeMs > 3_600_000,
  );
  for (const each of old) rmSync(join(outputs, each), { recursive: true, force: true });
}
await import(pathToFileURL(join(folder, 'examples', `${name}.js`)).href);
