import { spawnSync } from 'node:child_process';
import type { Env } from '../../shared/env.ts';
import { root } from './files.ts';

const cure = `apt-get install caddy redis-server docker-compose, and pip install kubernetes-validate==1.37.0`;

export interface Finished {
  readonly code: number | null;
  /** Both outputs. */
  readonly text: string;
}

/** Runs a tool in the checkout, without the variables of this process. Throws when it is not installed. */
export function run(command: string, args: readonly string[], env: Env = {}): Finished {
  const { PATH, HOME } = process.env;
  const { error, status, stdout, stderr } = spawnSync(command, args, {
    cwd: root,
    env: { PATH, HOME, ...env },
    encoding: 'utf8',
    timeout: 30_000,
  });
  if (error) throw new Error(`${command} cannot be run: ${cure}`, { cause: error });
  return { code: status, text: stdout + stderr };
}
