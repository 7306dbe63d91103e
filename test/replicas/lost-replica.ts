import { inParallel } from '../attacks/raw.ts';
import type { PlacedCall } from '../chaos/caller.ts';
import { StartRefused } from '../chaos/gateway-process.ts';
import { callName } from './front.ts';
import { knock } from './knock.ts';
import type { Replica } from './replica.ts';
import { atLeast, atMost, exactly, only } from './rows.ts';
import { becomes, onStage, SETTLED, sleep, type Part, type Stage } from './stage.ts';

/** Places of the agent that is full when a replica is lost, and tokens of that replica that wait. */
const PLACES = 30;
const WAITING = 30;
/** Milliseconds until the places of a lost replica are free again. */
const FREE_WITHIN = 30_000;
const KIND = 0xfffd;
const full = 'full';
/** The socket of whoever was relayed there breaks. */
const broken = { fault: 'its replica was killed', within: 1000, codes: { caller: [1006], bot: [1006] } };

/** kill -9 of one replica under load. */
export const lostReplica: Part = (options) =>
  onStage({ ...options, small: { [full]: PLACES } }, async (stage) => {
    const { replicas, balancer, frontAt, api, front, agents, record } = stage;
    const [lost, other, third] = replicas;
    if (!lost || !other || !third) throw new RangeError('there are three replicas');
    const size = Math.max(100, Math.round(0.6 * options.calls));
    const crowd = stage.crowd(size, 1e6);
    const inFull = await fill(stage);
    const tooMany = await front
      .tryStart(full, 'websocket', { call: 'raw-too-many' })
      .then(() => 200, statusIn);
    const waiting = await Promise.all(
      Array.from({ length: WAITING }, (_, index) =>
        frontAt(lost).tryStart(agents[index % agents.length] ?? '', 'websocket', {
          call: `raw-waiting-${index}`,
        }),
      ),
    );
    if (!(await becomes(() => crowd.steady().length === size, 30_000)))
      throw new Error('the crowd is too small');
    await crowd.hold();

    const live = crowd.steady().length + inFull.length;
    const gone = crowd.all().filter(({ placed }) => placed && balancer.replicaOf(placed.port) === 0);
    const goneInFull = inFull.filter(({ replica }) => replica === lost);
    for (const call of gone) crowd.hit(call, broken);
    for (const { call } of goneInFull) record({ kind: 'hit', call, at: Date.now(), ...broken });
    options.say(
      `kill -9 of ${lost.name}: ${gone.length} of ${size} calls, ${goneInFull.length} of ${PLACES} places`,
    );
    await lost.kill();
    const since = Date.now();
    crowd.resume();
    const opened: number[] = [];
    await inParallel(waiting, 4, async (token, index) => {
      opened.push(await knock((index % 2 === 0 ? other : third).port, token));
    });

    const refilled = await refill(stage, goneInFull.length, since);
    const isExact = { live: PLACES, reserved: 0 };
    const counts = [await api(other).counts(full), await api(third).counts(full)];
    const inHistory = await api(other).list(full, 'GATEWAY_LOST');
    const all = await Promise.all(agents.map((agent) => api(third).list(agent, 'GATEWAY_LOST')));
    await lost.start();
    const again = await api(lost).list(full, 'GATEWAY_LOST');
    await Promise.all([
      hangUp([...inFull.map(({ placed }) => placed), ...refilled.placed]),
      crowd.finish(SETTLED),
    ]);
    return [
      atLeast('live calls when one replica is killed', 100, live),
      atLeast('calls of the replica that is killed', 20, gone.length + goneInFull.length),
      ...(await stage.judged(size + PLACES)),
      only('one call too many, before', 429, 1, [tooMany]),
      only('tokens of the lost replica, opened on the others', 101, WAITING, opened),
      atMost('first place free again after', FREE_WITHIN, refilled.first, 'ms'),
      atMost('last place free again after', FREE_WITHIN, refilled.last, 'ms'),
      exactly(
        'places taken again, then refused',
        `${goneInFull.length}, 429`,
        `${refilled.placed.length}, ${refilled.refusal}`,
      ),
      only(
        'counted live and reserved by the others',
        JSON.stringify(isExact),
        2,
        counts.map((one) => JSON.stringify(one)),
      ),
      exactly('history of the full agent: GATEWAY_LOST', goneInFull.length, inHistory.total),
      exactly('the same, as the replica that is back lists it', goneInFull.length, again.total),
      exactly(
        'history of the others: GATEWAY_LOST',
        gone.length,
        all.reduce((sum, { total }) => sum + total, 0),
      ),
    ];
  });

interface Place {
  readonly call: string;
  readonly replica: Replica;
  readonly placed: PlacedCall;
}

/** Takes all places, as many at each replica. */
async function fill(stage: Stage): Promise<Place[]> {
  const { replicas, frontAt } = stage;
  const places: Place[] = [];
  for (let round = 0; places.length < PLACES; round += 1) {
    for (const [index, replica] of replicas.entries()) {
      const call = callName(KIND, round * replicas.length + index);
      const placed = await stage.place(call, full, 'generic', frontAt(replica));
      if (!placed) throw new Error('a place was refused though there are enough');
      places.push({ call, replica, placed });
    }
  }
  return places;
}

interface Refilled {
  readonly placed: readonly PlacedCall[];
  /** Milliseconds until a place was free again, and until the last of them was. */
  readonly first: number;
  readonly last: number;
  /** What the one call too many was answered. */
  readonly refusal: number;
}

/** Places calls until one is refused though as many as were lost are there again. `since`: when they were lost. */
async function refill(stage: Stage, wanted: number, since: number): Promise<Refilled> {
  const placed: PlacedCall[] = [];
  let [first, last, refusal] = [NaN, NaN, 0];
  const attempt = async (count: number): Promise<boolean> => {
    const call = callName(KIND, PLACES + count);
    try {
      const one = await stage.place(call, full, 'generic', { start: stage.front.tryStart });
      if (!one) return false;
      placed.push(one);
      last = Date.now() - since;
      if (placed.length === 1) first = last;
      return true;
    } catch (error) {
      refusal = statusIn(error);
      return false;
    }
  };
  for (let count = 1; Date.now() - since < FREE_WITHIN + 5000 && placed.length <= PLACES; count += 1) {
    if (await attempt(count)) continue;
    if (placed.length >= wanted) break;
    await sleep(100);
  }
  return { placed, first, last, refusal };
}

function statusIn(error: unknown): number {
  return error instanceof StartRefused ? error.status : 0;
}

async function hangUp(all: readonly PlacedCall[]): Promise<void> {
  for (const { talker } of all) talker.act({ do: 'fall silent' });
  await sleep(SETTLED);
  for (const { talker } of all) talker.act({ do: 'hang up', code: 1000 });
}
