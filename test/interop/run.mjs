// npm run test:interop: a virtual environment with Pipecat in it, made once, and the tests against it.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv, env, exit, getuid, stdout, stderr } from 'node:process';

/** pipecat-ai 1.14.0 asks for it. */
const OLDEST = [3, 11];
const here = import.meta.dirname;
const requirements = join(here, 'requirements.txt');

function run(command, args, options = {}) {
  return spawnSync(command, args, { stdio: 'inherit', ...options });
}

function fail(sentence) {
  stderr.write(`${sentence}\n`);
  exit(1);
}

function skip(sentence) {
  if (env.HOOKSWITCH_INTEROP === 'required') fail(sentence);
  stdout.write(`skipped: ${sentence}\n`);
  exit(0);
}

/** "3.11.7"; empty where there is none that can make virtual environments. */
function pythonVersion() {
  const code = 'import ensurepip, platform, venv; print(platform.python_version())';
  return run('python3', ['-c', code], { stdio: 'pipe', encoding: 'utf8' }).stdout?.trim() ?? '';
}

function environmentFolder(version) {
  if (env.HOOKSWITCH_INTEROP_VENV) return env.HOOKSWITCH_INTEROP_VENV;
  const mark = createHash('sha256').update(readFileSync(requirements)).update(version).digest('hex');
  return join(tmpdir(), `hookswitch-interop-${getuid?.() ?? 'user'}-${mark.slice(0, 12)}`);
}

/** The Python of an environment with all of requirements.txt. What another user left there is not run. */
function ensureEnvironment(folder) {
  const python = join(folder, 'bin', 'python');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { uid } = lstatSync(folder);
  if (getuid && uid !== getuid())
    fail(`${folder} belongs to somebody else: set HOOKSWITCH_INTEROP_VENV to a folder of yours`);
  const done = join(folder, 'requirements.txt');
  const wanted = readFileSync(requirements, 'utf8');
  if (readOr(done) === wanted) return python;
  stdout.write(`installing test/interop/requirements.txt into ${folder}: about 600 MB, a minute or two\n`);
  rmSync(done, { force: true });
  /** @type {[string, string[]][]} */
  const steps = [
    ['python3', ['-m', 'venv', folder]],
    [
      python,
      ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement', requirements],
    ],
  ];
  for (const [command, args] of steps) {
    if (run(command, args).status !== 0) fail(`${command} ${args.join(' ')} failed: see above`);
  }
  writeFileSync(done, wanted);
  return python;
}

function readOr(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

const version = pythonVersion();
const [major = 0, minor = 0] = version.split('.').map(Number);
const asked = `Python ${OLDEST.join('.')} or newer with venv (Debian: apt-get install python3-venv)`;
if (!version) skip(`the tests against Pipecat need ${asked}, and there is no such python3`);
if (major !== OLDEST[0] || minor < OLDEST[1])
  skip(`the tests against Pipecat need ${asked}; python3 is ${version}`);
const python = ensureEnvironment(environmentFolder(version));
const vitest = join(here, '../../node_modules/vitest/vitest.mjs');
const root = join(here, '../..');
const args = [vitest, 'run', '--config', join(here, 'vitest.config.ts'), '--root', root, ...argv.slice(2)];
exit(run(process.execPath, args, { cwd: root, env: { ...env, HOOKSWITCH_PYTHON: python } }).status ?? 1);
