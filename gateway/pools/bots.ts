import { isIP } from 'node:net';
import type { Agent } from '../agents.ts';

/** A bot of an agent. */
export interface Bot {
  /** Its name in the session store: its URL, with the address in place of the host name where that was looked up. */
  readonly url: string;
  /** As configured: the host name that TLS and `Host` say, the path, the query. */
  readonly named: string;
  /** Where it is connected to; null: wherever its host name leads. */
  readonly address: string | null;
}

/** As Node's connect functions want it. */
export interface Destination {
  readonly host: string;
  readonly port: number;
  /** Absent for an address: RFC 6066 §3 has no names for those. */
  readonly servername?: string;
}

/** Where a bot is connected to, and under which name over TLS. */
export function destinationOf({ named, address }: Pick<Bot, 'named' | 'address'>): Destination {
  const url = new URL(named);
  const name = hostOf(url);
  const port = Number(url.port || (url.protocol === 'wss:' ? 443 : 80));
  return { host: address ?? name, port, ...(isIP(name) === 0 ? { servername: name } : {}) };
}

/** A bot whose host name is not looked up before it is dialled. */
export function staticBot(url: string): Bot {
  return { url, named: url, address: null };
}

/** A bot at one of the addresses behind its host name. `address`: without brackets. */
export function addressedBot(named: string, address: string): Bot {
  const url = new URL(named);
  url.hostname = isIP(address) === 6 ? `[${address}]` : address;
  return { url: url.href, named, address };
}

/** The host name of a URL, or its address without brackets. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

/**
 * The bot of an agent that a session record names; null is the only one, where no seat is asked for. The answer is null
 * when the agent has no such bot (any more): nothing is to be sent to a URL that only the store knows.
 */
export function seatedBot(agent: Pick<Agent, 'bots' | 'pool'>, url: string | null): Bot | null {
  const [only] = agent.bots;
  if (url === null) return only !== undefined && agent.bots.length === 1 ? staticBot(only) : null;
  if (agent.bots.includes(url)) return staticBot(url);
  if (agent.pool.discovery === 'static' || !URL.canParse(url)) return null;
  const address = hostOf(new URL(url));
  const named = agent.bots.find((bot) => isIP(address) !== 0 && addressedBot(bot, address).url === url);
  return named === undefined ? null : addressedBot(named, address);
}

/** As it may stand in a log: what an operator put into its query may be a key. */
export function loggedBot(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}
