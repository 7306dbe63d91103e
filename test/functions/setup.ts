import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { exportInto } from './exported.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** What scripts/functions.mjs built from this checkout. */
    readonly templates: string;
    /** node_modules as the package.json of an exported Function asks for. */
    readonly twilioModules: string;
    /** Path of the runtime of Cloudflare Workers. */
    readonly workerd: string;
  }
}

const root = join(import.meta.dirname, '../..');
/** Milliseconds. Either takes 20 s where the registry is near. */
const INSTALL_TIMEOUT = 240_000;

export async function setup({ provide }: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), 'hookswitch-functions-'));
  const templates = join(folder, 'templates');
  execFileSync(process.execPath, [join(root, 'scripts/functions.mjs'), templates]);
  provide('templates', templates);
  const any = ['--provider', 'twilio', '--agent', 'any', '--start-url', 'https://gw.example.com'];
  const exported = exportInto(join(folder, 'any'), templates, ['twilio-function', ...any]);
  provide('twilioModules', installed('twilio-run', exported.get('package.json') ?? ''));
  const modules = installed('workerd', '{ "private": true, "dependencies": { "workerd": "1.20261117.1" } }');
  const workerd = createRequire(join(modules, 'any.js'))('workerd') as { readonly default: string };
  provide('workerd', workerd.default);
  return () => rmSync(folder, { recursive: true, force: true });
}

/** node_modules of a package.json: once for each, below this checkout's own. */
function installed(name: string, manifest: string): string {
  const version = createHash('sha256').update(manifest).digest('hex').slice(0, 12);
  const folder = join(root, 'node_modules/.cache/hookswitch', name, version);
  const modules = join(folder, 'node_modules');
  const done = join(folder, 'installed');
  if (existsSync(done)) return modules;
  process.stdout.write(`installing ${name} from the registry, once, into ${folder}\n`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), manifest);
  try {
    const npm = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock'];
    execFileSync('npm', npm, { cwd: folder, stdio: ['ignore', 'ignore', 2], timeout: INSTALL_TIMEOUT });
  } catch (cause) {
    throw new Error(`${name} cannot be installed: test:functions needs a package registry`, { cause });
  }
  writeFileSync(done, '');
  return modules;
}
