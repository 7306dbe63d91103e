import { z } from 'zod';
import { pathOf, readToml } from './file.ts';
import type { Problems } from './problems.ts';
import { parseConfigFile, type AgentEntry, type ConfigFile } from './schema.ts';

/** pcc-deploy.toml, and the bots it gets here. */
export interface DeployConfig {
  /** Null when something is wrong with it. */
  readonly agent: AgentEntry | null;
  /** Each with its place: in the file, or which --bot. */
  readonly mistakes: readonly (readonly [place: string, sentence: string])[];
  /** A word on each key that the agent is not made of, and on each default that stands in for one. */
  readonly notes: readonly (readonly [key: string, word: string])[];
}

const text = z.string();
/** What stands in a table of no meaning has none either. */
const table = z.looseObject({});

const ELSEWHERE = 'nothing is built or started here: run the bot yourself, and say where with --bot';
const SIZE = 'bots are as big as where you run them; several share the calls: one --bot for each';

/** Keys that say how Pipecat Cloud runs a bot, and what to do about them here. */
const meaningless: Readonly<Record<string, readonly [type: z.ZodType, word: string]>> = {
  image: [text, ELSEWHERE],
  build_id: [text, ELSEWHERE],
  build: [table, ELSEWHERE],
  docker: [table, ELSEWHERE],
  git: [table, ELSEWHERE],
  image_credentials: [text, 'no image is pulled here: log in to its registry where you run the bot'],
  secret_set: [text, 'secrets do not pass through here: set them in the environment of the bot'],
  region: [text, 'there are no regions here: calls come to this machine, and go where --bot says'],
  agent_profile: [text, SIZE],
  resources: [table, SIZE],
  architecture: [z.enum(['amd64', 'arm64']), 'the bot runs where you run it'],
  krisp_viva: [table, 'audio passes as it comes: filter it in the bot, under a licence of your own'],
  'scaling.min_agents': [z.int().min(0), 'no bot is started here: keep running as many as you need'],
};

const Meaningless = z.strictObject(
  Object.fromEntries(Object.entries(meaningless).map(([key, [type]]) => [key, type.optional()])),
);

/** Seconds, on Pipecat Cloud. What is not said has a limit there, and so it has here. */
const MAX_SESSION_DURATION = 7200;
/** Sessions, on Pipecat Cloud. */
const MAX_AGENTS = 50;

/**
 * Reads pcc-deploy.toml with the keys that `pipecatcloud` 1.4.0 takes; what it refuses as unknown is a mistake here too. Defaults are
 * those of https://docs.pipecat.ai/api-reference/cli/cloud/deploy (pipecat-ai/docs 1393c9d). Both read 2026-11-21.
 */
export function readDeployConfig(toml: string, bots: readonly string[]): DeployConfig {
  const mistakes: (readonly [string, string])[] = [];
  const add = (path: string, sentence: string): void => void mistakes.push([placeOf(path), sentence]);
  const data = readToml(toml, { add });
  if (mistakes.length > 0) return { agent: null, mistakes, notes: [] };
  const { entry, rest, missing } = divide(data);
  const read = parseConfigFile({ agents: [{ ...entry, bots }] });
  for (const { path, message } of Meaningless.safeParse(rest).error?.issues ?? []) add(pathOf(path), message);
  for (const { path, message } of 'mistakes' in read ? read.mistakes : [])
    add(pathOf(path.slice(2)), message);
  const agent = 'file' in read && mistakes.length === 0 ? read.file.agents[0] : undefined;
  const notes = [
    ...Object.keys(rest).map((key) => [key, meaningless[key]?.[1] ?? ''] as const),
    ...missing.map(([key, value]) => [key, `not in the file: ${value}, as on Pipecat Cloud`] as const),
  ];
  return { agent: agent ?? null, mistakes, notes };
}

/** What an agent is made of here, what has no meaning, and the defaults that stand in for what is not said. */
function divide(data: Record<string, unknown>): {
  entry: object;
  rest: Record<string, unknown>;
  missing: (readonly [key: string, value: string])[];
} {
  const { agent_name, websocket_auth, max_session_duration: duration, scaling = {}, ...others } = data;
  const { min_agents, ...limits } = isTable(scaling) ? scaling : {};
  const entry = {
    agent_name,
    websocket_auth,
    max_session_duration: duration ?? MAX_SESSION_DURATION,
    scaling: isTable(scaling) ? { max_agents: MAX_AGENTS, ...limits } : scaling,
  };
  const rest = min_agents === undefined ? others : { ...others, 'scaling.min_agents': min_agents };
  const missing = [
    ...(duration !== undefined ? [] : [['max_session_duration', `${MAX_SESSION_DURATION} s`] as const]),
    ...('max_agents' in limits ? [] : [['scaling.max_agents', `${MAX_AGENTS}`] as const]),
  ];
  return { entry, rest, missing };
}

function isTable(value: unknown): value is Record<string, unknown> {
  return table.safeParse(value).success;
}

/** The agent of pcc-deploy.toml instead of [[agents]], which must not be there as well. */
export function withDeployConfig(
  file: ConfigFile,
  deploy: DeployConfig | undefined,
  found: Problems,
): ConfigFile {
  if (!deploy) return file;
  if (file.agents.length > 0) {
    found.add('agents', 'is the place of --deploy-config: name the agent in one of the two files');
  }
  for (const [place, sentence] of deploy.mistakes) found.add(place, sentence);
  return { ...file, agents: deploy.agent ? [deploy.agent] : [] };
}

/** Names the option where a mistake is about the agent that came with it. */
export function inDeployConfig(found: Problems): Problems {
  const add = (path: string, sentence: string): void => {
    const [, inAgent] = /^agents\[0\]\.(.*)$/.exec(path) ?? [];
    found.add(inAgent === undefined ? path : placeOf(inAgent), sentence);
  };
  return { ...found, add };
}

/** A path in the file, or which --bot it is. */
function placeOf(path: string): string {
  const [, index] = /^bots(?:\[(\d+)\])?$/.exec(path) ?? [path, 'none'];
  if (index === 'none') return `--deploy-config, ${path}`;
  return index === undefined ? '--bot' : `--bot ${Number(index) + 1}`;
}
