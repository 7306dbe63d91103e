import { Heap } from './heap.ts';
import { exponential, poisson, seeded, type Random } from './random.ts';

/** Seconds; nothing of what is asked here happens faster. */
const TICK = 0.01;

export interface CallsOptions {
  readonly seed: number;
  /** Calls that are on at once, on average; so many there are at the beginning. */
  readonly calls: number;
  readonly replicas: number;
  /** Seconds of a call, on average; they are distributed exponentially. */
  readonly meanCall: number;
  /** Seconds that are looked at. */
  readonly seconds: number;
  readonly balancing: 'least connections' | 'at random';
  /** Calls that one replica takes; without it as many as come. */
  readonly capacity?: number;
  /** Carriers come in bursts: `factor` times the mean for `seconds`, each `every` seconds; less in between. */
  readonly burst?: { readonly factor: number; readonly seconds: number; readonly every: number };
  /** When a replica dies, and who of its callers ring again, on average how many seconds later. */
  readonly death?: { readonly at: number; readonly redial: number; readonly delay: number };
  /** From when on so many replicas are replaced at a time; the old ones take no more calls, and end them at last. */
  readonly rollout?: {
    readonly at: number;
    readonly batch: number;
    readonly every: number;
    readonly drainTimeout: number;
  };
}

export interface CallsResult {
  readonly meanLive: number;
  /** Calls at the busiest replica. */
  readonly mostPerReplica: number;
  /** Calls that came within one second: in all, and at one replica. */
  readonly mostPerSecond: number;
  readonly mostPerSecondAtOne: number;
  readonly arrived: number;
  readonly refused: number;
  /** Ended by a death, or at the end of a drain. */
  readonly lost: number;
  /** Old replicas and new ones together. */
  readonly mostReplicas: number;
}

/** Calls that come, are balanced over replicas, and end; while one dies, or all are replaced. */
export function simulateCalls(options: CallsOptions): CallsResult {
  const { calls, replicas, meanCall, seconds } = options;
  const random = seeded(options.seed);
  const ticks = Math.ceil(seconds / TICK);
  const fleet = new Fleet(options.balancing, random, options.capacity ?? Infinity);
  const ends = new Map<number, number[]>();
  const redials = new Map<number, number>();
  let [sum, arrived, mostPerSecond, thisSecond] = [0, 0, 0, 0];

  function place(tick: number): void {
    const slot = fleet.enter();
    if (slot === null) return;
    const end = tick + 1 + Math.floor(exponential(random, meanCall) / TICK);
    if (end >= ticks) return;
    const list = ends.get(end);
    if (list) list.push(slot);
    else ends.set(end, [slot]);
  }

  const all = { ...options, fleet, random, redials };
  fleet.add(replicas);
  for (let call = poisson(random, calls); call > 0; call -= 1) place(-1);
  fleet.forgetPeaks();
  for (let tick = 0; tick < ticks; tick += 1) {
    for (const slot of ends.get(tick) ?? []) fleet.leave(slot);
    ends.delete(tick);
    const came = poisson(random, rateAt(tick * TICK, options) * TICK) + (redials.get(tick) ?? 0);
    for (let call = 0; call < came; call += 1) place(tick);
    happen(tick, all);
    [arrived, thisSecond, sum] = [arrived + came, thisSecond + came, sum + fleet.live];
    if ((tick + 1) % (1 / TICK) === 0) {
      mostPerSecond = Math.max(mostPerSecond, thisSecond);
      thisSecond = 0;
      fleet.nextSecond();
    }
  }
  const { mostPerReplica, mostPerSecondAtOne, refused, lost, mostReplicas } = fleet;
  const meanLive = sum / ticks;
  return {
    meanLive,
    mostPerReplica,
    mostPerSecond,
    mostPerSecondAtOne,
    arrived,
    refused,
    lost,
    mostReplicas,
  };
}

/** Calls a second: `calls / meanCall` on average. */
function rateAt(at: number, { calls, meanCall, burst }: CallsOptions): number {
  const mean = calls / meanCall;
  if (!burst) return mean;
  const share = burst.seconds / burst.every;
  return at % burst.every < burst.seconds
    ? mean * burst.factor
    : (mean * (1 - share * burst.factor)) / (1 - share);
}

function happen(
  tick: number,
  {
    death,
    rollout,
    replicas,
    fleet,
    random,
    redials,
  }: CallsOptions & { fleet: Fleet; random: Random; redials: Map<number, number> },
): void {
  if (death && tick === Math.round(death.at / TICK)) {
    for (let call = fleet.die(0); call > 0; call -= 1) {
      if (random() >= death.redial) continue;
      const again = tick + 1 + Math.floor(exponential(random, death.delay) / TICK);
      redials.set(again, (redials.get(again) ?? 0) + 1);
    }
  }
  if (!rollout) return;
  const step = Math.round(rollout.every / TICK);
  const since = tick - Math.round(rollout.at / TICK);
  const batchOf = (at: number): readonly [from: number, to: number] =>
    at < 0 || at % step !== 0
      ? [0, 0]
      : [
          Math.min(replicas, (at / step) * rollout.batch),
          Math.min(replicas, (at / step + 1) * rollout.batch),
        ];
  const [from, to] = batchOf(since);
  fleet.add(to - from);
  for (let slot = from; slot < to; slot += 1) fleet.drain(slot);
  const [first, end] = batchOf(since - Math.round(rollout.drainTimeout / TICK));
  for (let slot = first; slot < end; slot += 1) fleet.die(slot);
}

/** Replicas, and the calls of each. */
class Fleet {
  readonly #loads: number[] = [];
  readonly #cameThisSecond = new Map<number, number>();
  readonly #open = new Heap();
  #openList: number[] = [];
  readonly #balancing: CallsOptions['balancing'];
  readonly #random: Random;
  readonly #capacity: number;
  #running = 0;
  live = 0;
  refused = 0;
  lost = 0;
  mostPerReplica = 0;
  mostPerSecondAtOne = 0;
  mostReplicas = 0;

  constructor(balancing: CallsOptions['balancing'], random: Random, capacity: number) {
    this.#balancing = balancing;
    this.#random = random;
    this.#capacity = capacity;
  }

  add(count: number): void {
    for (let added = 0; added < count; added += 1) {
      const slot = this.#loads.push(0) - 1;
      this.#open.set(slot, 0);
      this.#openList.push(slot);
    }
    this.#running += count;
    this.mostReplicas = Math.max(this.mostReplicas, this.#running);
  }

  /** The replica that got the call; null: it was refused. */
  enter(): number | null {
    const slot =
      this.#balancing === 'at random'
        ? this.#openList[Math.floor(this.#random() * this.#openList.length)]
        : this.#open.first;
    const load = slot === undefined ? Infinity : (this.#loads[slot] ?? Infinity);
    if (slot === undefined || load >= this.#capacity) {
      this.refused += 1;
      return null;
    }
    this.#change(slot, load + 1);
    this.live += 1;
    this.#cameThisSecond.set(slot, (this.#cameThisSecond.get(slot) ?? 0) + 1);
    this.mostPerReplica = Math.max(this.mostPerReplica, load + 1);
    return slot;
  }

  leave(slot: number): void {
    const load = this.#loads[slot];
    if (load === undefined || load < 1) return;
    this.#change(slot, load - 1);
    this.live -= 1;
    if (load === 1 && !this.#openList.includes(slot)) this.#gone(slot);
  }

  /** It takes no more calls. */
  drain(slot: number): void {
    this.#open.delete(slot);
    this.#openList = this.#openList.filter((other) => other !== slot);
    if (this.#loads[slot] === 0) this.#gone(slot);
  }

  /** How many calls it had. */
  die(slot: number): number {
    const load = Math.max(0, this.#loads[slot] ?? 0);
    this.drain(slot);
    if ((this.#loads[slot] ?? -1) >= 0) this.#gone(slot);
    this.live -= load;
    this.lost += load;
    return load;
  }

  nextSecond(): void {
    for (const came of this.#cameThisSecond.values())
      this.mostPerSecondAtOne = Math.max(this.mostPerSecondAtOne, came);
    this.#cameThisSecond.clear();
  }

  forgetPeaks(): void {
    this.#cameThisSecond.clear();
    this.refused = 0;
    this.mostPerReplica = 0;
  }

  #change(slot: number, load: number): void {
    this.#loads[slot] = load;
    if (this.#open.keyOf(slot) !== Infinity) this.#open.set(slot, load);
  }

  #gone(slot: number): void {
    this.#loads[slot] = -1;
    this.#running -= 1;
  }
}
