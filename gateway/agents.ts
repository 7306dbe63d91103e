import { GatewayError } from '../shared/errors.ts';
import type { CallRules } from './calls/rules.ts';
import type { AgentSteps } from './steps/steps.ts';

/** A named bot deployment: where its bots listen, and who may reach it. */
export interface Agent {
  readonly name: string;
  readonly organization: string;
  /**
   * "token" asks every socket for a token, "signature" for the carrier's own signature on the upgrade, and then for a call
   * that its webhook announced; "none" lets in whoever knows the name.
   */
  readonly auth: 'token' | 'signature' | 'none';
  /** "required": a token alone opens nothing, the carrier must have signed the upgrade too. */
  readonly signature: 'required' | 'off';
  /** ws:// or wss:// URLs. */
  readonly bots: readonly string[];
  readonly pool: PoolOptions;
  /** Called numbers, E.164, that reach this agent. */
  readonly numbers: readonly string[];
  /** Sessions live or reserved at once; null is no limit. */
  readonly maxSessions: number | null;
  /** Milliseconds; null is no limit. */
  readonly maxDuration: number | null;
  /** Milliseconds without a message in either direction; null is no limit. */
  readonly idleTimeout: number | null;
  /** Web pages that may start sessions and open sockets. */
  readonly allowedOrigins: readonly string[];
  /** What its callers get when there is no bot for them, or no bot any more. */
  readonly steps: AgentSteps;
  readonly calls: CallRules;
  /** SHA-256, lower-case hex, of what stands in the path where a carrier without a webhook opens its streams. */
  readonly streamSecrets: readonly string[];
}

/** How the bots of an agent share its calls. */
export interface PoolOptions {
  /** Sessions of each bot at once, all processes together; null is no limit. */
  readonly maxSessions: number | null;
  /** Milliseconds a call waits for a bot that is free, or starting. */
  readonly wait: number;
  /** Path, and query, that tells a bot's health; null asks nobody. */
  readonly health: string | null;
  /** Milliseconds. */
  readonly healthInterval: number;
  /** "dns" makes a bot of each address behind the host name of a URL. */
  readonly discovery: 'static' | 'dns';
}

export interface Organization {
  readonly name: string;
  /** The first one is the default. */
  readonly agents: readonly Agent[];
  /** SHA-256 of each key, lower-case hex. */
  readonly publicKeys: readonly string[];
  readonly privateKeys: readonly string[];
}

/** Agent and organisation names. No dots, so that a service host splits one way only. */
export const NAME = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const SERVICE_HOST = new RegExp(`^${NAME}\\.${NAME}$`);

export function isServiceHost(text: string): boolean {
  return SERVICE_HOST.test(text);
}

export function serviceHostOf(agent: Agent): string {
  return `${agent.name}.${agent.organization}`;
}

/** Which agent is meant. A key into this table is all a service host ever is: no part of a URL is made from it. */
export interface AgentTable {
  readonly all: readonly Agent[];
  byServiceHost(serviceHost: string): Agent | null;
  /** Null name: the default agent of the organisation. Throws ERR_AGENT_UNKNOWN. */
  inOrganization(organization: string, name: string | null): Agent;
  /** The agent a called number belongs to, or null. */
  byNumber(number: string): Agent | null;
}

export function agentTable(organizations: readonly Organization[]): AgentTable {
  const all = organizations.flatMap(({ agents }) => agents);
  const byHost = new Map(all.map((agent) => [serviceHostOf(agent), agent]));
  const byNumber = new Map(all.flatMap((agent) => agent.numbers.map((number) => [number, agent])));
  return {
    all,
    byServiceHost: (serviceHost) => byHost.get(serviceHost) ?? null,
    byNumber: (number) => byNumber.get(number) ?? null,
    inOrganization(organization, name) {
      const agent = all.find(
        (candidate) => candidate.organization === organization && (name === null || candidate.name === name),
      );
      if (agent) return agent;
      const which = name === null ? 'this organization has no agent' : 'no agent of that name';
      throw new GatewayError('ERR_AGENT_UNKNOWN', `${which}: see [[agents]] in the configuration`);
    },
  };
}
