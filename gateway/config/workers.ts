import { availableParallelism } from 'node:os';
import type { Env } from '../../shared/env.ts';
import type { Problems } from './problems.ts';
import { MAX_WORKERS, type ConfigFile } from './schema.ts';

/** How many processes share the port; HOOKSWITCH_WORKERS overrides the file. "auto" is one for each core. */
export function readWorkers(file: ConfigFile, env: Env, found: Problems): number {
  const given = env['HOOKSWITCH_WORKERS'] || file.workers;
  if (given === 'auto') return availableParallelism();
  const workers = Number(given);
  if (Number.isInteger(workers) && workers >= 1 && workers <= MAX_WORKERS) return workers;
  found.add('HOOKSWITCH_WORKERS', `must be 1 to ${MAX_WORKERS}, or "auto" for one per core`);
  return 1;
}
