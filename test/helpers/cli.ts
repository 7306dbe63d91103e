import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { Env } from '../../shared/env.ts';
import { printed } from './leaks.ts';

const main = join(import.meta.dirname, '../../dist/cli/main.js');

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly done: Promise<Ran>;
}

export interface CliOptions {
  readonly env?: Env;
  /** Folder it runs in; a configuration file there is found. */
  readonly cwd?: string;
}

/** The command as it is shipped, in a process of its own, without the variables of this one. */
export function startCli(args: readonly string[], { env = {}, cwd }: CliOptions = {}): Running {
  const { PATH, HOME, HOOKSWITCH_STATE } = process.env;
  const child = spawn(process.execPath, [main, ...args], {
    env: { PATH, HOME, HOOKSWITCH_STATE, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    printed(chunk.toString());
    stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const done = new Promise<Ran>((resolve) => {
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
  return { child, stdout: () => stdout, stderr: () => stderr, done };
}

export function runCli(args: readonly string[], options: CliOptions = {}): Promise<Ran> {
  return startCli(args, options).done;
}
