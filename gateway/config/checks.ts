import { serviceHostOf, type Organization } from '../agents.ts';
import type { MasterSecret } from '../secrets.ts';
import { isLoopback } from '../../shared/loopback.ts';
import { hostOf } from './address.ts';
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
        `${where}: say "token", or "none" to let in whoever knows the name`,
      );
    }
  }
}

function agentsOf(file: ConfigFile): { path: string; organization: string; agent: AgentEntry }[] {
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
    ...(anyCarrier
      ? []
      : ['no carrier has credentials: all webhooks are off. Set TWILIO_*, PLIVO_* or TELNYX_* variables']),
    ...(publicUrl?.startsWith('http:') && !isLoopback(hostOf(publicUrl))
      ? ['public_url is not https: carriers open their sockets over TLS only']
      : []),
  ];
}
