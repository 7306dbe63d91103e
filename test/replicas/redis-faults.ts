import { StartRefused, type StartedSession } from '../chaos/gateway-process.ts';
import { knock } from './knock.ts';
import { atLeast, atMost, exactly, only, type Row } from './rows.ts';
import { becomes, onStage, SETTLED, sleep, type Part, type Stage } from './stage.ts';

/** Milliseconds between two new calls; how long a fault lasts; until new calls are taken again. */
const EVERY = 50;
const FAULT = 3000;
const RECOVERY = 2000;
/** Milliseconds at the edges of a fault in which both answers are right: what was asked before, or is answered after. */
const EDGE = { begin: 100, end: 700 };
/** Tokens kept for each fault: some are tried while it lasts. */
const KEPT = 30;
const TRIED = 10;
/** As deploy/redis/redis.conf: every write is on disk before it is answered. */
const ON_DISK = ['--appendonly', 'yes', '--appendfsync', 'always'];

const faults: Readonly<Record<string, (stage: Stage) => Promise<void>>> = {
  async 'kill -9 and restart'({ redis }) {
    await redis.restart(FAULT);
  },
  async freeze({ redis }) {
    redis.signal('SIGSTOP');
    await sleep(FAULT);
    redis.signal('SIGCONT');
  },
};

/** Redis is away, or stands still, under live calls and new ones. */
export const redisFaults: Part = (options) =>
  onStage({ ...options, redisArgs: ON_DISK }, async (stage) => {
    const { say, calls } = options;
    const size = Math.round(calls / 2);
    const crowd = stage.crowd(size, 1e6);
    if (!(await becomes(() => crowd.steady().length === size, 30_000)))
      throw new Error('the crowd is too small');
    await crowd.hold();
    const probes = probing(stage);
    const rows: Row[] = [];
    for (const [name, cause] of Object.entries(faults)) {
      await sleep(1500);
      say(name);
      rows.push(...(await suffer(stage, name, cause, probes)));
    }
    await probes.stop();
    const isCounted = await becomes(async () => (await liveIn(stage)) === size, 20_000);
    rows.push(exactly('live calls counted in the end', size, isCounted ? size : await liveIn(stage)));
    await crowd.finish(SETTLED);
    return [...rows, ...(await stage.judged(size, /Redis is lost/))];
  });

async function suffer(
  stage: Stage,
  name: string,
  cause: (stage: Stage) => Promise<void>,
  probes: Probing,
): Promise<Row[]> {
  const { replicas, front, agents } = stage;
  const kept = await Promise.all(
    Array.from({ length: KEPT }, (_, index) =>
      front.tryStart(agents[index % agents.length] ?? '', 'websocket', { call: `raw-kept-${name}-${index}` }),
    ),
  );
  const knockAll = (tokens: readonly StartedSession[]): Promise<number[]> =>
    Promise.all(tokens.map((token, index) => knock(replicas[index % replicas.length]?.port ?? 0, token)));
  const used = probes.used.slice(-100);
  const begin = Date.now();
  const over = cause(stage);
  await sleep(FAULT / 2);
  const tried = await knockAll(kept.slice(0, TRIED));
  await over;
  const end = Date.now();
  await sleep(RECOVERY + 500);
  const first = await knockAll(kept);
  const second = await knockAll(kept);
  const all = await probes.since(begin);
  const during = all.filter(({ at }) => at >= begin + EDGE.begin && at < end - EDGE.end);
  const refusedLater = all.filter(({ at, status }) => at >= end && status !== 101);
  const recovery = Math.max(0, ...refusedLater.map(({ at, ms }) => at + ms - end));
  const within = (row: Row): Row => ({ ...row, what: `${name}: ${row.what}` });
  return [
    atLeast('new calls asked for meanwhile', 10, during.length),
    only(
      'new calls meanwhile',
      503,
      during.length,
      during.map(({ status }) => status),
    ),
    atMost('half of them refused within', 500, medianOf(during.map(({ ms }) => ms)), 'ms'),
    exactly(
      'answers but 101 and 503',
      0,
      all.filter(({ status }) => status !== 101 && status !== 503).length,
    ),
    only('tokens tried meanwhile', 503, TRIED, tried),
    atMost('all new calls taken again after', RECOVERY, recovery, 'ms'),
    only('tokens that nobody tried, afterwards', 101, KEPT - TRIED, first.slice(TRIED)),
    // Whether Redis has taken one that was tried, nobody was told: it may be used up, but not twice.
    exactly(
      'tokens tried meanwhile that open twice',
      0,
      first.filter((status, index) => status === 101 && second[index] === 101).length,
    ),
    only('all these tokens, once more', 403, KEPT, second),
    only('tokens used before', 403, used.length, await knockAll(used)),
    atLeast('tokens used before', 10, used.length),
  ].map(within);
}

interface Probe {
  /** Milliseconds since the epoch, and until the last answer. */
  readonly at: number;
  readonly ms: number;
  /** Of the socket when it was asked for, else of /start. 0 when there was no answer. */
  readonly status: number;
}

interface Probing {
  /** Tokens that opened a socket. */
  readonly used: readonly StartedSession[];
  /** All probes that began since then, answered. */
  since(at: number): Promise<readonly Probe[]>;
  stop(): Promise<void>;
}

/** New calls all the time, each with a socket of its own that is opened and closed. */
function probing({ front, balancer, agents, random }: Stage): Probing {
  const own = random.fork('probes');
  const probes: Probe[] = [];
  const used: StartedSession[] = [];
  const underway = new Set<Promise<void>>();
  let count = 0;

  async function open(): Promise<number> {
    try {
      const token = await front.tryStart(own.pick(agents), 'websocket', {
        call: `raw-probe-${(count += 1)}`,
      });
      const status = await knock(balancer.port, token);
      if (status === 101) used.push(token);
      return status;
    } catch (error) {
      return error instanceof StartRefused ? error.status : 0;
    }
  }
  async function probe(): Promise<void> {
    const at = Date.now();
    const status = await open();
    probes.push({ at, ms: Date.now() - at, status });
  }
  const timer = setInterval(() => {
    const one: Promise<void> = probe().finally(() => underway.delete(one));
    underway.add(one);
  }, EVERY);
  return {
    used,
    async since(at) {
      await Promise.all(underway);
      return probes.filter((one) => one.at >= at);
    },
    async stop() {
      clearInterval(timer);
      await Promise.all(underway);
    },
  };
}

async function liveIn({ api, replicas, agents }: Stage): Promise<number> {
  const [first] = replicas;
  if (!first) return NaN;
  const counts = await Promise.all(agents.map((agent) => api(first).counts(agent)));
  return counts.reduce((sum, { live }) => sum + live, 0);
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[values.length >> 1] ?? NaN;
}
