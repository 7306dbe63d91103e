import type { Fallback } from '../../shared/provider.ts';
import type { Agent, Organization, PoolOptions } from '../agents.ts';
import { DEFAULT_FALLBACK } from '../webhooks.ts';
import type { AgentEntry, ConfigFile } from './schema.ts';

/** The organisation of the file itself first, with `keys`; then the others. No agent at all means the demo agent. */
export function organizationsOf(
  file: ConfigFile,
  keys: Pick<Organization, 'publicKeys' | 'privateKeys'>,
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
  return [{ name, agents: own, ...keys }, ...others];
}

function withoutPrefix(hash: string): string {
  return hash.slice('sha256:'.length);
}

const demo: AgentEntry = {
  agent_name: 'demo',
  websocket_auth: 'token',
  bots: ['demo:'],
  numbers: [],
  allowed_origins: [],
  pool: { wait: 0, health_interval: 5000, discovery: 'static' },
  scaling: {},
};

function toAgent(agent: AgentEntry, organization: string): Agent {
  return {
    name: agent.agent_name,
    organization,
    auth: agent.websocket_auth ?? 'none',
    bots: agent.bots,
    pool: poolOf(agent.pool),
    numbers: agent.numbers,
    maxSessions: agent.scaling.max_agents ?? null,
    maxDuration: agent.max_session_duration ?? null,
    idleTimeout: agent.idle_timeout ?? null,
    allowedOrigins: agent.allowed_origins,
    fallback: fallbackOf(agent.fallback),
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

function fallbackOf(fallback: AgentEntry['fallback']): Fallback {
  if (!fallback) return DEFAULT_FALLBACK;
  const { say, dial, redirect } = fallback;
  return {
    ...(say === undefined ? {} : { say }),
    ...(dial === undefined ? {} : { dial }),
    ...(redirect === undefined ? {} : { redirect }),
  };
}
