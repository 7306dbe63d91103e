import { existsSync, readFileSync } from 'node:fs';
import { allProviders } from '../gateway/app.ts';
import { readConfig, type Config } from '../gateway/config/config.ts';
import type { Env } from '../shared/env.ts';
import { GatewayError } from '../shared/errors.ts';
import { readOrInvent, type State } from './state.ts';

const DEFAULT_FILE = './hookswitch.toml';

export interface LoadedConfig {
  readonly config: Config;
  /** The file that was read, or null. */
  readonly file: string | null;
  /** Set when something had to be made up. */
  readonly state: State | null;
}

/** Reads `--config`, or ./hookswitch.toml when it is there. Throws ERR_CONFIG_INVALID with every mistake. */
export function loadConfig(path: string | undefined, env: Env): LoadedConfig {
  const file = path ?? (existsSync(DEFAULT_FILE) ? DEFAULT_FILE : null);
  let state: State | null = null;
  const config = readConfig({
    toml: file === null ? null : readFile(file),
    env,
    modules: allProviders,
    invent() {
      state = readOrInvent(env, allProviders);
      return state.invented;
    },
  });
  return { config, file, state };
}

function readFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new GatewayError('ERR_CONFIG_INVALID', `${file} cannot be read: check the path given to --config`, {
      cause,
    });
  }
}
