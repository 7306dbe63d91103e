import { callWarnings } from './calls.ts';
import type { Env } from '../../shared/env.ts';
import type { ProviderModule } from '../../shared/provider.ts';
import { serviceHostOf, type Organization } from '../agents.ts';
import type { MasterSecret } from '../secrets.ts';
import { isLoopback } from '../../shared/loopback.ts';
import { hostOf } from './address.ts';
import type { StreamSecrets } from './environment.ts';
import type { Problems } from './problems.ts';
import type { AgentEntry, ConfigFile } from './schema.ts';

/** What a gateway that others can reach must not leave to chance. */
export function checkExposed(
  file: ConfigFile,
  secrets: readonly MasterSecret[] | null,
  publicKeys: readonly string[] | null,
  found: Problems,
): void {
  const where = 'is needed when listening beyond this machine';
  if (secrets === null) {
    found.add('HOOKSWITCH_SECRETS', `${where}, such as k1:$(openssl rand -base64 32 | tr +/ -_ | tr -d =)`);
  }
  if (publicKeys === null && file.organizations.every(({ public_keys: keys }) => keys.length === 0)) {
    found.add('HOOKSWITCH_PUBLIC_KEYS', `${where}, such as pk_$(openssl rand -hex 32)`);
  }
  for (const { path, agent } of agentsOf(file)) {
    if (agent.websocket_auth === undefined) {
      found.add(
        `${path}.websocket_auth`,
        `${where}: say "token", "signature", or "none" to let in whoever knows the name`,
      );
    }
  }
}

/** An agent, and where it stands in the file. */
export interface AgentPlace {
  readonly path: string;
  readonly organization: string;
  readonly agent: AgentEntry;
}

export function agentsOf(file: ConfigFile): AgentPlace[] {
  const own = file.agents.map((agent, index) => {
    return { path: `agents[${index}]`, organization: file.organization, agent };
  });
  const others = file.organizations.flatMap(({ name, agents }, outer) =>
    agents.map((agent, index) => {
      return { path: `organizations[${outer}].agents[${index}]`, organization: name, agent };
    }),
  );
  return [...own, ...others];
}

/** Service hosts of all agents; that of the demo where the file has none. */
export function hostsOf(file: ConfigFile): ReadonlySet<string> {
  const hosts = agentsOf(file).map(({ organization, agent }) => `${agent.agent_name}.${organization}`);
  return new Set(hosts.length === 0 ? [`demo.${file.organization}`] : hosts);
}

/** Names and numbers lead to one agent each. */
export function checkUnique(file: ConfigFile, found: Problems): void {
  const seen = new Set<string>();
  const once = (path: string, what: string): void => {
    if (seen.has(what)) found.add(path, `${what} is used twice`);
    seen.add(what);
  };
  once('organization', `organization ${file.organization}`);
  for (const [index, { name }] of file.organizations.entries()) {
    once(`organizations[${index}].name`, `organization ${name}`);
  }
  for (const { path, organization, agent } of agentsOf(file)) {
    once(`${path}.agent_name`, `agent ${agent.agent_name}.${organization}`);
    for (const number of agent.numbers) once(`${path}.numbers`, `number ${number}`);
  }
}

/** Nobody is to wait at a door that no agent has. */
export function checkStreamSecrets(file: ConfigFile, secrets: StreamSecrets, found: Problems): void {
  const hosts = hostsOf(file);
  for (const host of secrets.keys()) {
    if (!hosts.has(host)) found.add('HOOKSWITCH_STREAM_SECRETS', `there is no agent ${host}`);
  }
}

/** A second factor without a first one would be none: whoever comes is let in. */
export function checkSecondFactors(file: ConfigFile, found: Problems): void {
  for (const { path, agent } of agentsOf(file)) {
    if (agent.websocket_signature === 'off' || (agent.websocket_auth ?? 'none') !== 'none') continue;
    found.add(
      `${path}.websocket_signature`,
      'goes with websocket_auth = "token": "none" asks for nothing at all',
    );
  }
}

/** An agent that asks for a signature would be shut where nobody signs. `modules`: of the carriers, `env`: their variables. */
export function checkSigners(
  file: ConfigFile,
  modules: readonly ProviderModule[],
  env: Env,
  found: Problems,
): void {
  if (modules.some((module) => signs(module, env))) return;
  const could = modules.filter((module) => signs(module, module.inventCredentials()));
  const variables = could.map((module) => module.variables.join(' and ')).join('; or ');
  for (const { path, agent } of agentsOf(file)) {
    const { websocket_auth: auth, websocket_signature: second } = agent;
    const where = auth === 'signature' ? 'websocket_auth' : 'websocket_signature';
    if (auth !== 'signature' && second !== 'required') continue;
    found.add(`${path}.${where}`, `needs a carrier that signs its upgrades: set ${variables}`);
  }
}

function signs(module: ProviderModule, variables: Env): boolean {
  try {
    return module.configure(variables)?.verifyUpgrade !== undefined;
  } catch {
    return false; // that its variables are wrong is said elsewhere
  }
}

/** Sentences an operator should read at every start. */
export function warningsFor(
  organizations: readonly Organization[],
  { publicUrl, anyCarrier }: { publicUrl: string | null; anyCarrier: boolean },
): string[] {
  const open = organizations.flatMap(({ agents }) => agents.filter(({ auth }) => auth === 'none'));
  return [
    ...open.map(
      (agent) =>
        `agent ${serviceHostOf(agent)} has websocket_auth = "none": whoever knows its name can talk to its bot`,
    ),
    ...organizations.flatMap(({ agents }) => agents.flatMap(callWarnings)),
    ...(anyCarrier
      ? []
      : ['no carrier has credentials: all webhooks are off. Set the variables of one: the README has them']),
    ...(publicUrl?.startsWith('http:') && !isLoopback(hostOf(publicUrl))
      ? ['public_url is not https: carriers open their sockets over TLS only']
      : []),
  ];
}
