import { existsSync, readFileSync } from 'node:fs';
import { Option, type Command } from 'commander';
import { allProviders } from '../gateway/carriers.ts';
import { readConfig, type Config } from '../gateway/config/config.ts';
import { readDeployConfig, type DeployConfig } from '../gateway/config/pcc-deploy.ts';
import type { Env } from '../shared/env.ts';
import { GatewayError } from '../shared/errors.ts';
import { readOrInvent, type State } from './state.ts';

const DEFAULT_FILE = './hookswitch.toml';
const DEFAULT_DEPLOY_FILE = './pcc-deploy.toml';

/** What the command line says about the configuration. */
export interface ConfigOptions {
  readonly config?: string;
  readonly deployConfig?: string;
  readonly bot?: readonly string[];
}

export interface LoadedConfig {
  readonly config: Config;
  /** The files that were read, or null. */
  readonly file: string | null;
  /** What became of pcc-deploy.toml, for whoever typed the command; empty without one. */
  readonly imported: string;
  /** Set when something had to be made up. */
  readonly state: State | null;
}

export const deployHelp = `
An agent of Pipecat Cloud keeps its pcc-deploy.toml, in the place of [[agents]]; everything else may
still come from hookswitch.toml and the environment. Without --deploy-config no such file is read:
  --deploy-config --bot ws://127.0.0.1:7861/ws     reads ./pcc-deploy.toml`;

export function addConfigOptions(command: Command): Command {
  return command
    .option('-c, --config <file>', 'configuration file (default: ./hookswitch.toml when it is there)')
    .addOption(
      new Option('--deploy-config [file]', 'agent of Pipecat Cloud, in the place of [[agents]]').preset(
        DEFAULT_DEPLOY_FILE,
      ),
    )
    .option(
      '--bot <url>',
      'where the bot of --deploy-config listens; again for each further one',
      (url: string, urls: readonly string[] | undefined) => [...(urls ?? []), url],
    );
}

/**
 * Reads `--config`, or ./hookswitch.toml when it is there, and `--deploy-config`. Throws ERR_CONFIG_INVALID with every
 * mistake.
 * `made`: what was made up earlier, or is now; kept in the state file when not given.
 */
export function loadConfig(
  options: ConfigOptions,
  env: Env,
  made: () => State = () => readOrInvent(env, allProviders),
): LoadedConfig {
  const file = options.config ?? (existsSync(DEFAULT_FILE) ? DEFAULT_FILE : null);
  const deploy = readDeploy(options);
  let state: State | null = null;
  const config = readConfig({
    toml: file === null ? null : readFile(file, '--config'),
    deploy,
    env,
    modules: allProviders,
    invent() {
      state = made();
      return state.invented;
    },
  });
  const files = [file, options.deployConfig].filter((name) => name !== null && name !== undefined);
  return {
    config,
    file: files.length > 0 ? files.join(', ') : null,
    imported: deploy ? summaryOf(deploy.notes) : '',
    state,
  };
}

function readDeploy({ deployConfig, bot }: ConfigOptions): DeployConfig | undefined {
  if (deployConfig !== undefined)
    return readDeployConfig(readFile(deployConfig, '--deploy-config'), bot ?? []);
  if (bot === undefined) return undefined;
  throw new GatewayError(
    'ERR_CONFIG_INVALID',
    '--bot goes with --deploy-config; in hookswitch.toml, bots are in [[agents]]',
  );
}

function summaryOf(notes: DeployConfig['notes']): string {
  if (notes.length === 0) return '';
  const width = Math.max(...notes.map(([key]) => key.length));
  const lines = notes.map(([key, word]) => `  ${key.padEnd(width)}  ${word}\n`);
  return `--deploy-config: what this gateway cannot take over, and what holds without being said:\n${lines.join('')}`;
}

function readFile(file: string, option: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const sentence = `${file} cannot be read: check the path given to ${option}`;
    throw new GatewayError('ERR_CONFIG_INVALID', sentence, { cause });
  }
}
