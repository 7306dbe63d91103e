import type { StartedSession } from '../chaos/gateway-process.ts';
import { knock } from './knock.ts';
import { masterSecret, type Replica } from './replica.ts';
import { atLeast, exactly, only } from './rows.ts';
import { becomes, onStage, SETTLED, sleep, type Part, type Stage } from './stage.ts';

/** Milliseconds from one token that is kept for later to the next, and for how long at most. */
const KEEP_EVERY = 200;
const KEEP_FOR = { quick: 5000, full: 20_000 };
/** A second. */
const NEW_CALLS = 20;
/** Milliseconds: a drain lasts as long as the longest call. */
const LONGEST = { quick: 5000, full: 9000 };

/** Three rolling restarts of all replicas, with each of which a secret takes one step to replace another. */
export const rolling: Part = async (options) => {
  const { calls, isQuick, say } = options;
  const length = isQuick ? 'quick' : 'full';
  const [one, two] = [masterSecret('k1'), masterSecret('k2')];
  const rings = [`${one},${two}`, `${two},${one}`, two];
  return onStage({ ...options, secrets: one, pace: 800 }, async (stage) => {
    const { front, agents, balancer } = stage;
    const first = await front.tryStart(agents[0] ?? '', 'websocket', { call: 'raw-first' });
    // Some of them are always just being opened.
    const crowd = stage.crowd(Math.round(1.15 * calls), LONGEST[length]);
    if (!(await becomes(() => crowd.steady().length >= calls, 30_000))) say('the crowd is late');
    const later = keptTokens(stage, KEEP_FOR[length]);
    const exits: (number | string)[] = [];
    const live: number[] = [];
    const before = stage.dialled.size;
    const since = Date.now();
    for (const secrets of rings) {
      // As an operator waits for the life of a token before the secret that signed it goes.
      if (secrets === two) await later.allTried();
      for (const replica of stage.replicas) {
        live.push(crowd.steady().length);
        exits.push(await restart(replica, secrets, say));
      }
    }
    const seconds = (Date.now() - since) / 1000;
    const fresh = stage.dialled.size - before;
    await later.stop();
    await crowd.finish(SETTLED);
    return [
      ...(await stage.judged(calls)),
      atLeast('live calls at each restart, the fewest', 0.7 * calls, Math.min(...live)),
      atLeast('new calls a second', NEW_CALLS, fresh / seconds),
      only('exits after SIGTERM', 0, rings.length * stage.replicas.length, exits),
      only('tokens opened some seconds later', 101, later.statuses.length, later.statuses),
      atLeast('tokens opened some seconds later', 50, later.statuses.length),
      exactly('a token of the secret that is gone', 403, await knock(balancer.port, first)),
      atLeast('connections to each replica, the fewest', 100, Math.min(...balancer.made)),
    ];
  });
};

async function restart(
  replica: Replica,
  secrets: string,
  say: (line: string) => void,
): Promise<number | string> {
  const since = Date.now();
  const exit = await replica.stop();
  const drained = Date.now();
  await replica.start({ HOOKSWITCH_SECRETS: secrets });
  const kids = secrets.replaceAll(/:[^,]+/g, '');
  say(
    `${replica.name} restarted with ${kids}: drained in ${drained - since} ms, back in ${Date.now() - drained} ms`,
  );
  return exit;
}

interface KeptTokens {
  /** What the upgrades were answered; 0 for no answer, or when there was no token to begin with. */
  readonly statuses: readonly number[];
  /** Holds back new ones until all are tried. */
  allTried(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts sessions steadily, and opens each some time later, wherever the balancer leads. */
function keptTokens({ front, agents, balancer, random }: Stage, longest: number): KeptTokens {
  const statuses: number[] = [];
  const own = random.fork('kept tokens');
  const underway = new Set<Promise<void>>();
  let count = 0;
  let isHeld = false;

  async function live(): Promise<void> {
    const call = `raw-later-${(count += 1)}`;
    const wait = own.next() * longest;
    const none: StartedSession | null = null;
    const token = await front.tryStart(own.pick(agents), 'websocket', { call }).catch(() => none);
    if (token) await sleep(wait);
    statuses.push(token ? await knock(balancer.port, token) : 0);
  }
  const timer = setInterval(() => {
    if (isHeld) return;
    const one: Promise<void> = live().finally(() => underway.delete(one));
    underway.add(one);
  }, KEEP_EVERY);

  async function allTried(): Promise<void> {
    isHeld = true;
    await Promise.all(underway);
    isHeld = false;
  }
  return {
    statuses,
    allTried,
    async stop() {
      clearInterval(timer);
      await allTried();
    },
  };
}
