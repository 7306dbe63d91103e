import { callName } from './front.ts';
import { exactly, only } from './rows.ts';
import { onStage, sleep, type Part, type Stage } from './stage.ts';
import type { Replica } from './replica.ts';

/** Sessions for each way in which three replicas can have three parts. */
const ROUNDS = 5;
const KIND = 0xfffe;

interface Parts {
  readonly lists: Replica;
  readonly stops: Replica;
  readonly relays: Replica;
}

/** A session of one replica is found on another and stopped on a third. */
export const stops: Part = (options) =>
  onStage({ ...options, pace: 50 }, async (stage) => {
    const { replicas, api, agents } = stage;
    const [agent = ''] = agents;
    const listed: boolean[] = [];
    const stopped: string[] = [];
    let count = 0;
    for (const parts of Array.from({ length: ROUNDS }, () => waysOf(replicas)).flat()) {
      const found = await stopOne(stage, parts, agent, callName(KIND, (count += 1)));
      listed.push(found !== null);
      if (found !== null) stopped.push(found);
      if (count % 6 === 0) options.say(`${count} stopped`);
    }
    const left = await Promise.all(replicas.map((each) => api(each).list(agent, 'active')));
    const told = await Promise.all(replicas.map((each) => api(each).list(agent, 'STOPPED')));
    return [
      only('sessions listed by another replica', true, count, listed),
      only(
        'sessions still live, by replica',
        0,
        replicas.length,
        left.map(({ total }) => total),
      ),
      only(
        'sessions stopped, by replica',
        count,
        replicas.length,
        told.map(({ total }) => total),
      ),
      exactly(
        'different lists of them',
        1,
        new Set(told.map(({ sessions }) => JSON.stringify(sessions))).size,
      ),
      only(
        'completion status of each that was stopped',
        'STOPPED',
        count,
        stopped.map((id) => told[0]?.sessions.find(({ sessionId }) => sessionId === id)?.completionStatus),
      ),
      ...(await stage.judged(count)),
    ];
  });

function waysOf([a, b, c]: readonly Replica[]): Parts[] {
  if (!a || !b || !c) throw new RangeError('there are three replicas');
  return [
    { lists: a, stops: b, relays: c },
    { lists: a, stops: c, relays: b },
    { lists: b, stops: a, relays: c },
    { lists: b, stops: c, relays: a },
    { lists: c, stops: a, relays: b },
    { lists: c, stops: b, relays: a },
  ];
}

/** Resolves with the id under which it was listed, or null. */
async function stopOne(
  stage: Stage,
  { lists, stops: ends, relays }: Parts,
  agent: string,
  call: string,
): Promise<string | null> {
  const { api, frontAt, record } = stage;
  const placed = await stage.place(call, agent, 'generic', frontAt(relays));
  if (!placed) return null;
  await sleep(200); // some words are said
  const { sessions } = await api(lists).list(agent, 'active');
  const [found] = sessions;
  if (!found || sessions.length > 1) return null;
  const codes = { caller: [1000], bot: [1000] };
  record({ kind: 'hit', call, fault: 'stopped by another replica', at: Date.now(), within: 1000, codes });
  await api(ends).stop(agent, found.sessionId);
  await placed.closed;
  return found.sessionId;
}
