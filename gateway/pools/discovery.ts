import { lookup as lookUp } from 'node:dns/promises';
import { isIP } from 'node:net';
import { DISCOVERY_INTERVAL, LOOKUP_TIMEOUT, MAX_DISCOVERED } from '../limits.ts';
import { addressedBot, hostOf, type Bot } from './bots.ts';

/** Resolves with the addresses behind a host name. Rejects when there are none, or nobody knows. */
export type Lookup = (host: string) => Promise<readonly string[]>;

/** As this system looks names up: /etc/hosts, DNS, and what else it is told. */
export const systemLookup: Lookup = async (host) => {
  const found = await lookUp(host, { all: true });
  return found.map(({ address }) => address);
};

export interface Discovery {
  /** All that are known at the moment. */
  readonly bots: () => readonly Bot[];
  /** Resolves when every name has been looked up, or could not be in LOOKUP_TIMEOUT. Goes on until `stop`. */
  readonly start: () => Promise<void>;
  readonly stop: () => void;
}

export interface DiscoveryOptions {
  /** URLs of bots. */
  readonly urls: readonly string[];
  readonly lookup: Lookup;
  /** Told when there are other bots than before. `found`: how many, also where that is over MAX_DISCOVERED. */
  readonly changed: (bots: readonly Bot[], found: number) => void;
  /** Told when a host name cannot be looked up: once, until it can be. */
  readonly failed: (host: string, failure: Error) => void;
}

/** Makes a bot of each address behind the host names of URLs. A name that cannot be looked up keeps its addresses. */
export function discovery({ urls, lookup, changed, failed }: DiscoveryOptions): Discovery {
  const hosts = new Set(urls.map((url) => hostOf(new URL(url))));
  const addresses = new Map<string, readonly string[]>();
  const underWay = new Set<string>();
  const lost = new Set<string>();
  let bots: readonly Bot[] = [];
  let isStopped = false;
  let next: NodeJS.Timeout | undefined;
  let late: NodeJS.Timeout | undefined;

  function update(): void {
    const found = botsBehind(urls, addresses);
    const kept = found.slice(0, MAX_DISCOVERED);
    const isSame = kept.length === bots.length && kept.every(({ url }, index) => url === bots[index]?.url);
    bots = kept;
    if (!isSame) changed(bots, found.length);
  }

  function lose(host: string, failure: Error): void {
    if (isStopped || lost.has(host)) return;
    lost.add(host);
    failed(host, failure);
  }

  /** Never rejects. What comes too late is still the newest that is known. */
  async function look(host: string): Promise<void> {
    underWay.add(host);
    try {
      const found = await addressesOf(host, lookup);
      lost.delete(host);
      addresses.set(host, found);
      if (!isStopped) update();
    } catch (error) {
      lose(host, error instanceof Error ? error : new Error(String(error)));
    } finally {
      underWay.delete(host);
    }
  }

  /** A lookup of the system cannot be called off, so no name is looked up twice at a time. */
  async function lookAll(): Promise<void> {
    const asked = [...hosts].filter((host) => !underWay.has(host));
    const inTime = new Promise<void>((resolve) => {
      late = setTimeout(() => {
        const failure = new Error(`no answer within ${LOOKUP_TIMEOUT / 1000} s`);
        for (const host of asked) if (underWay.has(host)) lose(host, failure);
        resolve();
      }, LOOKUP_TIMEOUT);
    });
    await Promise.race([Promise.all(asked.map(look)), inTime]);
    clearTimeout(late);
  }

  return {
    bots: () => bots,
    async start() {
      await lookAll();
      if (!isStopped) next = setInterval(() => void lookAll(), DISCOVERY_INTERVAL);
    },
    stop() {
      isStopped = true;
      clearInterval(next);
      clearTimeout(late);
    },
  };
}

/** Each once, in an order that answers of another order do not change. `addresses`: by host name. */
function botsBehind(urls: readonly string[], addresses: ReadonlyMap<string, readonly string[]>): Bot[] {
  const bots = urls.flatMap((url) =>
    (addresses.get(hostOf(new URL(url))) ?? []).map((address) => addressedBot(url, address)),
  );
  return [...new Map(bots.map((bot) => [bot.url, bot])).values()];
}

/** Rejects when there is none. An address with a zone (fe80::1%eth0) cannot stand in a URL. */
async function addressesOf(host: string, lookup: Lookup): Promise<readonly string[]> {
  const found = isIP(host) === 0 ? await lookup(host) : [host];
  const usable = found.filter((address) => isIP(address) !== 0 && !address.includes('%'));
  if (usable.length === 0) throw new Error('no address');
  return usable.toSorted();
}
