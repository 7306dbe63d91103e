import type { Value } from './constants.ts';

/** What so many calls at once amount to, at the busiest hour. */
export interface Size {
  readonly calls: number;
  /** Calls that begin each second, on average. */
  readonly perSecond: number;
  readonly replicas: number;
  readonly agents: number;
  readonly bots: number;
}

export function sizeOf(calls: number, of: Value): Size {
  const bots = Math.ceil(calls / (of('callsPerBot') * of('botLoad')));
  return {
    calls,
    perSecond: calls / of('meanCall'),
    replicas: Math.max(3, Math.ceil(calls / of('callsPerReplica'))),
    bots,
    agents: Math.ceil(bots / of('botsPerAgent')),
  };
}

/** What is asked of Redis for one purpose. */
export interface Load {
  readonly what: string;
  /** Requests a second: a transaction is one. */
  readonly requests: number;
  /** Of its one thread; above 1 is more than there is. */
  readonly cores: number;
  /** Bytes a second that it sends. */
  readonly out: number;
}

/** Bots of the pool that the benchmark calls. */
export const POOL_MEASURED = 10;

/** Bots whose seats a replica compares at a look: where a call of its own came or went since, and not more than it may. */
export function sweptBots({ perSecond, replicas, bots }: Size, of: Value): number {
  return Math.min(of('maxSwept'), bots, ((2 * perSecond) / replicas) * of('beat'));
}

/** Of those, bots where a call went and no other of the replica's own is left: they are taken out of its set. */
export function leftShare({ calls, replicas, bots }: Size): number {
  return Math.exp(-calls / bots / replicas) / 2;
}

/** Bots in a replica's set: those of its calls, and of calls that went since its last look. */
export function knownBots({ calls, perSecond, replicas, bots }: Size, of: Value): number {
  const seats = (calls + perSecond * of('beat')) / replicas;
  return -bots * Math.expm1(-seats / bots);
}

/** Ended sessions that an agent's list and its records are cut to. */
function endedOf({ perSecond, agents }: Size, of: Value): number {
  const share = busiest(of('historySeconds') / 3600, of('nightShare'));
  const most = of('maxHistory') + of('historySlack');
  return Math.min(most, (perSecond / agents) * share * of('historySeconds'));
}

/** Redis, by what keeps it busy. */
export function redisLoads(size: Size, of: Value): readonly Load[] {
  const { calls, perSecond, replicas, agents, bots } = size;
  const µ = 1e-6;
  const swept = sweptBots(size, of);
  const asked = 1 + leftShare(size);
  const taken = calls / bots;
  const beats = replicas / of('beat');
  const seats = of('botsPerAgent');
  const listed = calls / agents + endedOf(size, of);
  const lists = agents * of('listsPerAgent');
  return [
    {
      what: 'calls that begin and end',
      requests: perSecond * of('setupTrips'),
      cores:
        perSecond *
        (of('setupRedisCpu') + of('forgetCpu') + Math.max(0, seats - POOL_MEASURED) * of('botCpu')) *
        µ,
      out: perSecond * of('setupOut'),
    },
    {
      what: 'signs of life, and the calls of each replica',
      requests: 3 * beats,
      cores: (beats * 3 * of('requestCpu') + (calls / of('beat')) * of('ownCpu')) * µ,
      out: (calls / of('beat')) * of('ownOut'),
    },
    {
      what: 'each replica looks at all others',
      requests: 0,
      cores: beats * replicas * of('replicaCpu') * µ,
      out: beats * replicas * of('replicaOut'),
    },
    {
      what: 'seats of bots where calls came or went',
      requests: beats * swept * asked,
      cores: beats * swept * (asked * of('requestCpu') + taken * of('seatCpu')) * µ,
      out: beats * swept * taken * of('seatOut'),
    },
    {
      what: 'stops, told to every replica',
      requests: perSecond * of('stopShare'),
      cores: perSecond * of('stopShare') * replicas * of('stopCpu') * µ,
      out: perSecond * of('stopShare') * replicas * 80,
    },
    {
      what: 'lists of sessions',
      requests: 3 * lists,
      cores: lists * listed * of('listedCpu') * µ,
      out: lists * listed * 60,
    },
  ];
}

/** Bytes that Redis keeps, by what it keeps. */
export function redisMemory(
  size: Size,
  of: Value,
): { live: number; waiting: number; ended: number; bots: number } {
  const { calls, perSecond, replicas, agents } = size;
  const waiting = perSecond * (of('connectSeconds') + of('neverConnected') * of('tokenSeconds'));
  return {
    live: calls * of('liveBytes'),
    waiting: waiting * of('waitingBytes') + perSecond * of('tokenSeconds') * of('answerBytes'),
    ended:
      agents * endedOf(size, of) * of('endedBytes') + perSecond * of('endingSeconds') * of('endingBytes'),
    bots: replicas * knownBots(size, of) * of('knownBotBytes'),
  };
}

/**
 * Seconds that one replica needs to give back what a dead one had, with nobody else at Redis: two requests for so many of
 * its calls, two for so many of its bots, and four around them.
 */
export function burialSeconds(size: Size, of: Value): number {
  const [calls, bots] = [size.calls / size.replicas, knownBots(size, of)];
  const requests = 4 + 2 * Math.ceil(calls / of('chunk')) + 2 * Math.ceil(bots / of('chunk'));
  const eachBot = 2 * of('botCpu') + (size.calls / size.bots) * of('seatCpu');
  const cpu = requests * of('requestCpu') + calls * of('againCpu') + bots * eachBot;
  return requests * of('roundTrip') + cpu * 1e-6;
}

/** Calls that come at an hour of the day, as a share of the peak: a cosine between night and day. */
export function shareAt(hour: number, night: number): number {
  return (1 + night) / 2 + ((1 - night) / 2) * Math.cos((2 * Math.PI * (hour - 14)) / 24);
}

/** Mean share of the peak in the busiest so many hours of a day. */
export function busiest(hours: number, night: number): number {
  const steps = 1000;
  const shares = Array.from({ length: steps }, (_, step) =>
    shareAt(14 - hours / 2 + ((step + 0.5) / steps) * hours, night),
  );
  return shares.reduce((sum, share) => sum + share, 0) / steps;
}

/** Bytes a second of the audio of one call, and packets: at the gateway, which receives and sends each message once. */
export function mediaOf(of: Value): { readonly in: number; readonly out: number; readonly packets: number } {
  const around = of('frameBytes') + of('tlsBytes') + of('tcpBytes');
  const messages = of('messagesPerSecond');
  const oneWay = messages * (of('callerBytes') + of('botBytes') + 2 * around);
  return { in: oneWay, out: oneWay, packets: 4 * messages };
}

/** Cores of the gateways while calls are relayed, and while they begin and end. */
export function gatewayCores({ calls, perSecond }: Size, of: Value): { relay: number; setup: number } {
  return {
    relay: calls * 2 * of('messagesPerSecond') * of('relayCpu') * 1e-6,
    setup: perSecond * of('setupCpu') * 1e-6,
  };
}

/** Something that there is only so much of. `used`: as a share of what there is. */
export interface Limit {
  readonly what: string;
  readonly used: (size: Size) => number;
  /** Nothing but another cluster moves it. */
  readonly isFinal: boolean;
}

export function limits(of: Value): readonly Limit[] {
  const MIB = 1024 * 1024;
  const total = (size: Size, figure: 'cores' | 'out'): number =>
    redisLoads(size, of).reduce((sum, load) => sum + load[figure], 0);
  return [
    {
      what: `memory of Redis as deployed (${of('redisMemory')} MiB)`,
      used: (size) => {
        const parts = Object.values(redisMemory(size, of));
        return parts.reduce((sum, bytes) => sum + bytes, 0) / (of('redisMemory') * MIB);
      },
      isFinal: false,
    },
    {
      what: `replicas of the manifests (${of('maxReplicas')})`,
      used: ({ replicas }) => replicas / of('maxReplicas'),
      isFinal: false,
    },
    { what: "Redis' one thread", used: (size) => total(size, 'cores'), isFinal: true },
    {
      what: `network of Redis (${of('network')} Gbit/s)`,
      used: (size) => (total(size, 'out') * 8) / (of('network') * 1e9),
      isFinal: true,
    },
    {
      what: `an empty Redis is told all calls in ${of('patience')} s, or given up`,
      used: ({ replicas, calls }) =>
        (replicas * Math.min(of('chunk'), calls / replicas) * of('againCpu') * 1e-6) / of('patience'),
      isFinal: true,
    },
    {
      what: `sessions that wait (max_pending ${of('maxPending')})`,
      used: ({ perSecond }) =>
        (perSecond * (of('connectSeconds') + of('neverConnected') * of('tokenSeconds'))) / of('maxPending'),
      isFinal: false,
    },
    {
      what: `connections of Redis (maxclients ${of('redisClients')})`,
      used: ({ replicas }) => replicas / of('redisClients'),
      isFinal: false,
    },
  ];
}

/** Calls at which a limit is reached; Infinity when not below a hundred million. */
export function reachedAt({ used }: Pick<Limit, 'used'>, of: Value): number {
  let [low, high] = [1, 1e8];
  if (used(sizeOf(high, of)) < 1) return Infinity;
  while (high / low > 1.001) {
    const middle = Math.sqrt(low * high);
    if (used(sizeOf(middle, of)) < 1) low = middle;
    else high = middle;
  }
  return high;
}

/** The most calls that one cluster with one Redis should have: no limit that stays is fuller than `target`. */
export function cellSize(of: Value): number {
  const final = limits(of).filter(({ isFinal }) => isFinal);
  return Math.min(...final.map(({ used }) => reachedAt({ used: (size) => used(size) / of('target') }, of)));
}
