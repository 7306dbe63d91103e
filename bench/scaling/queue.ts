import { Heap } from './heap.ts';
import { exponential, seeded } from './random.ts';

export interface QueueOptions {
  readonly seed: number;
  /** Seconds that are looked at. */
  readonly seconds: number;
  /** Requests that come independently of each other. `rate`: a second; `service`: seconds. */
  readonly calls: { readonly rate: number; readonly service: number };
  /** Replicas that send, every `period` seconds, `requests` one after the other; a turn is left out while the one before lasts. */
  readonly beats?: {
    readonly replicas: number;
    readonly period: number;
    readonly requests: readonly { readonly count: number; readonly service: number }[];
    /** Seconds on the wire between an answer and the next request. */
    readonly roundTrip: number;
    /** All of them begin at once, and only once: after Redis was away. */
    readonly together?: boolean;
  };
  /** Requests at most, so that it ends. */
  readonly most?: number;
}

export interface QueueResult {
  /** Busy share of the time looked at. */
  readonly utilisation: number;
  /** Seconds a request waited for others, without its own service. */
  readonly meanWait: number;
  readonly p99Wait: number;
  readonly mostWait: number;
  readonly requests: number;
  /** Seconds of the longest sequence of a replica; of one that is not over, so far. */
  readonly longestBeat: number;
}

type Beats = NonNullable<QueueOptions['beats']>;

/** Of the requests that come independently; sequences of replicas have numbers above. */
const CALL = 0;

/** One request at a time, in the order they come: Redis has one thread for commands. */
export function simulateQueue({ seed, seconds, calls, beats, most = 3e6 }: QueueOptions): QueueResult {
  const random = seeded(seed);
  const next = (): number => exponential(random, 1 / calls.rate);
  const due = new Heap();
  const sequences = begun(beats, random);
  for (const [number, { since }] of sequences) due.set(number, since);
  due.set(CALL, next());
  let [free, busy, longestBeat] = [0, 0, 0];
  const waits: number[] = [];

  while (waits.length < most) {
    const item = due.first ?? CALL;
    const at = due.keyOf(item);
    if (at >= seconds) break;
    const sequence = sequences.get(item);
    const service = serviceOf(sequence) ?? calls.service;
    waits.push(Math.max(0, free - at));
    free = Math.max(free, at) + service;
    busy += service;
    if (!sequence) due.set(CALL, at + next());
    else if (--sequence.left > 0) due.set(item, free + sequence.roundTrip);
    else {
      longestBeat = Math.max(longestBeat, free - sequence.since);
      const following = followingOf(sequence, free);
      due.set(item, following.since);
      sequences.set(item, following);
    }
  }
  return {
    utilisation: Math.min(1, busy / Math.max(free, seconds)),
    longestBeat: Math.max(longestBeat, ...[...sequences.values()].map(({ since }) => seconds - since)),
    ...summary(waits),
  };
}

function serviceOf(sequence?: Sequence): number | undefined {
  return sequence?.services.next().value;
}

interface Sequence {
  readonly since: number;
  /** Seconds between two that begin; Infinity: there is one. */
  readonly period: number;
  readonly roundTrip: number;
  readonly requests: Beats['requests'];
  /** Seconds that each of its requests keeps Redis busy. */
  readonly services: Iterator<number, undefined>;
  left: number;
}

/** One for each replica, by number. */
function begun(beats: QueueOptions['beats'], random: () => number): Map<number, Sequence> {
  if (!beats) return new Map();
  const { replicas, period, requests, roundTrip, together = false } = beats;
  const left = requests.reduce((sum, { count }) => sum + count, 0);
  return new Map(
    Array.from({ length: replicas }, (_, index) => {
      const since = together ? 0 : random() * period;
      const services = servicesOf(requests);
      const each = together ? Infinity : period;
      return [CALL + 1 + index, { since, period: each, roundTrip, requests, services, left }];
    }),
  );
}

/** The next one of a replica: turns that came while this one lasted are left out. */
function followingOf(sequence: Sequence, now: number): Sequence {
  const { since, period, requests } = sequence;
  const left = requests.reduce((sum, { count }) => sum + count, 0);
  const turns = Math.max(1, Math.ceil((now - since) / period));
  return { ...sequence, since: since + turns * period, services: servicesOf(requests), left };
}

function* servicesOf(requests: Beats['requests']): Generator<number, undefined> {
  for (const { count, service } of requests) {
    for (let done = 0; done < count; done += 1) yield service;
  }
}

function summary(waits: number[]): Pick<QueueResult, 'meanWait' | 'p99Wait' | 'mostWait' | 'requests'> {
  waits.sort((one, other) => one - other);
  return {
    meanWait: waits.reduce((sum, wait) => sum + wait, 0) / Math.max(1, waits.length),
    p99Wait: waits[Math.floor(waits.length * 0.99)] ?? 0,
    mostWait: waits.at(-1) ?? 0,
    requests: waits.length,
  };
}
