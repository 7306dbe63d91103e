import { callRulesOf, demoCalls } from './calls.ts';
import { serviceHostOf, type Agent, type Organization, type PoolOptions } from '../agents.ts';
import type { StreamSecrets } from './environment.ts';
import type { AgentEntry, ConfigFile } from './schema.ts';
import { stepsOf } from './steps.ts';

/** The organisation of the file itself first, with `keys`; then the others; `streamSecrets` beside those of the file. No agent at all means the demo agent. */
export function organizationsOf(
  file: ConfigFile,
  keys: Pick<Organization, 'publicKeys' | 'privateKeys'>,
  streamSecrets: StreamSecrets,
): Organization[] {
  const nothingConfigured = file.agents.length === 0 && file.organizations.length === 0;
  const name = file.organization;
  const own = nothingConfigured ? [toAgent(demo, name)] : file.agents.map((agent) => toAgent(agent, name));
  const others = file.organizations.map((organization) => ({
    name: organization.name,
    agents: organization.agents.map((agent) => toAgent(agent, organization.name)),
    publicKeys: organization.public_keys.map(withoutPrefix),
    privateKeys: organization.private_keys.map(withoutPrefix),
  }));
  return [{ name, agents: own, ...keys }, ...others].map((organization) => ({
    ...organization,
    agents: organization.agents.map((agent) => withSecrets(agent, streamSecrets)),
  }));
}

function withSecrets(agent: Agent, more: StreamSecrets): Agent {
  return { ...agent, streamSecrets: [...agent.streamSecrets, ...(more.get(serviceHostOf(agent)) ?? [])] };
}

function withoutPrefix(hash: string): string {
  return hash.slice('sha256:'.length);
}

const demo: AgentEntry = {
  agent_name: 'demo',
  websocket_auth: 'token',
  websocket_signature: 'off',
  bots: ['demo:'],
  numbers: [],
  allowed_origins: [],
  stream_secrets: [],
  pool: { wait: 0, health_interval: 5000, discovery: 'static' },
  scaling: {},
  ...demoCalls,
};

function toAgent(agent: AgentEntry, organization: string): Agent {
  return {
    name: agent.agent_name,
    organization,
    auth: agent.websocket_auth ?? 'none',
    signature: agent.websocket_signature,
    bots: agent.bots,
    pool: poolOf(agent.pool),
    numbers: agent.numbers,
    maxSessions: agent.scaling.max_agents ?? null,
    maxDuration: agent.max_session_duration ?? null,
    idleTimeout: agent.idle_timeout ?? null,
    allowedOrigins: agent.allowed_origins,
    streamSecrets: agent.stream_secrets.map(withoutPrefix),
    steps: stepsOf(agent.steps, agent.fallback),
    calls: callRulesOf(agent),
  };
}

function poolOf(pool: AgentEntry['pool']): PoolOptions {
  return {
    maxSessions: pool.max_sessions ?? null,
    wait: pool.wait,
    health: pool.health ?? null,
    healthInterval: pool.health_interval,
    discovery: pool.discovery,
  };
}
