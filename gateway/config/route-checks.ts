import { agentsOf, hostsOf } from './checks.ts';
import type { Problems } from './problems.ts';
import { hostIn, isStep, nameOf, type RouteEntry } from './routes.ts';
import type { ConfigFile } from './schema.ts';

/** Every number and path leads one way, and every way to agents that are there. `providers`: all that may be named. */
export function checkRoutes(file: ConfigFile, providers: readonly string[], found: Problems): void {
  const hosts = hostsOf(file);
  const claims = claimsOf(file, found);
  const names = new Set<string>();
  for (const [index, route] of file.routes.entries()) {
    const path = `routes[${index}]`;
    const name = nameOf(route, index);
    if (names.has(name)) found.add(`${path}.name`, `route ${name} is there twice`);
    names.add(name);
    const { provider } = route;
    if (provider !== undefined && !providers.includes(provider)) {
      found.add(`${path}.provider`, `"${provider}" is no carrier: use one of ${providers.join(', ')}`);
    }
    checkShares(file, route, { path, hosts, found });
    if (route.numbers.length + route.paths.length === 0) {
      found.add(path, 'leads nobody anywhere: give it numbers, or paths');
    }
    for (const number of route.numbers) claims.claim(`${path}.numbers`, `number ${number}`, provider);
    for (const one of route.paths) {
      claims.claim(`${path}.paths`, `path ${one}`, provider);
      if (hosts.has(hostIn(file, one))) found.add(`${path}.paths`, `${one} is an agent of that name already`);
    }
  }
  const unknown = file.unknown_number;
  if (typeof unknown !== 'string' && unknown.some((step) => !isStep(step))) {
    found.add('unknown_number', 'takes no agent: give that agent the numbers, or make it the first');
  }
}

interface Checking {
  readonly path: string;
  readonly hosts: ReadonlySet<string>;
  readonly found: Problems;
}

function checkShares(file: ConfigFile, { agents }: RouteEntry, { path, hosts, found }: Checking): void {
  const seen = new Set<string>();
  for (const [index, { agent }] of agents.entries()) {
    const host = hostIn(file, agent);
    if (!hosts.has(host)) found.add(`${path}.agents[${index}].agent`, `there is no agent ${host}`);
    if (seen.has(host))
      found.add(`${path}.agents[${index}].agent`, `${host} is there twice: add its percents up`);
    seen.add(host);
  }
  if (agents.length > 1 && agents.some(({ percent }) => percent === undefined)) {
    return found.add(`${path}.agents`, 'say the percent of each agent');
  }
  const sum = agents.reduce((total, { percent = 100 }) => total + percent, 0);
  if (sum !== 100) found.add(`${path}.agents`, `the percents add up to ${sum}: make them 100`);
}

/** Who has a number, or a path: for all carriers, or for one of them, which then goes before. */
function claimsOf(
  file: ConfigFile,
  found: Problems,
): { claim(path: string, what: string, provider?: string): void } {
  const holders = new Map<string, string>();
  for (const { path, agent } of agentsOf(file)) {
    for (const number of agent.numbers) holders.set(`number ${number} *`, path);
  }
  return {
    claim(path, what, provider = '*') {
      const key = `${what} ${provider}`;
      const holder = holders.get(key);
      if (holder !== undefined)
        found.add(path, `${what} is ${holder}'s already: one of them must give it up`);
      else holders.set(key, path);
    },
  };
}
