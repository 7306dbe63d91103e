import { spawn, type ChildProcess } from 'node:child_process';
import { dirname, join } from 'node:path';
import type { Env } from '../../shared/env.ts';

/** Of the virtual environment that test/interop/run.mjs makes. */
export function pythonPath(): string {
  const path = process.env['HOOKSWITCH_PYTHON'];
  if (path) return path;
  throw new Error(
    'start this with: npm run test:interop (HOOKSWITCH_PYTHON names a Python with requirements.txt)',
  );
}

/** Nothing of the caller's: no keys, no settings of Pipecat, no proxies. */
export function pythonEnv(env: Env = {}): Env {
  const { PATH } = process.env;
  return { PATH, HOME: '/nonexistent', PYTHONUNBUFFERED: '1', PYTHONDONTWRITEBYTECODE: '1', ...env };
}

export function startPython(args: readonly string[], env: Env = {}): ChildProcess {
  return spawn(pythonPath(), args, {
    cwd: import.meta.dirname,
    env: pythonEnv(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Of a command that was installed with a package. */
export function commandPath(name: string): string {
  return join(dirname(pythonPath()), name);
}

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export async function runPython(args: readonly string[], env: Env = {}): Promise<Ran> {
  const child = startPython(args, env);
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((resolve) => {
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}
