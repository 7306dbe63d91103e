import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { placeCall, type PlacedCall } from '../chaos/caller.ts';
import { crowdOf, type Crowd } from '../chaos/crowd.ts';
import { judge } from '../chaos/judge/judge.ts';
import { readRecords, recordTo, type Entry, type Recorder } from '../chaos/judge/records.ts';
import { randomOf, type Random } from '../chaos/random.ts';
import { callName, frontOf, type Front } from './front.ts';
import { startMachines, type Machines, type MachinesChoice, type Undo } from './machines.ts';
import type { Replica } from './replica.ts';
import { exactly, rowsOfCalls, type Row } from './rows.ts';
import { sessionApi, type SessionApi } from './session-api.ts';

export interface PlayOptions {
  readonly seed: number;
  /** Live calls of a scene. */
  readonly calls: number;
  /** Tokens that are raced for. */
  readonly tokens: number;
  readonly isQuick: boolean;
  readonly keep: boolean;
  /** What is going on. */
  readonly say: (line: string) => void;
}

/** Plays a part, and says how it went. */
export type Part = (options: PlayOptions) => Promise<readonly Row[]>;

export interface StageOptions extends PlayOptions, MachinesChoice {
  /** Milliseconds between two messages of an end. */
  readonly pace?: number;
}

/** Everything a part is played on, and what is done there. */
export interface Stage extends Machines {
  readonly front: Front;
  /** Past the balancer. */
  readonly frontAt: (replica: Replica) => Front;
  readonly api: (replica: Replica) => SessionApi;
  /** Without limits, each with its own process of bots. */
  readonly agents: readonly string[];
  readonly random: Random;
  readonly record: Recorder;
  /** Times a bot was dialled, by call. */
  readonly dialled: ReadonlyMap<string, number>;
  crowd(size: number, longest: number): Crowd;
  place(
    call: string,
    agent: string,
    endpoint: string,
    front: Pick<Front, 'start'>,
  ): Promise<PlacedCall | null>;
  /**
   * After the calls: what both ends recorded of them, but for those whose name begins with "raw", which have one end; and
   * what the replicas logged. `expected`: errors that belong to the part.
   */
  judged(least: number, expected?: RegExp): Promise<Row[]>;
}

/** Violations, and lines of logs, spelt out at most. */
const SHOWN = 8;
let stages = 0;

/** Builds a stage, plays on it, and takes it down whatever happens. */
export async function onStage(
  options: StageOptions,
  play: (stage: Stage) => Promise<readonly Row[]>,
): Promise<readonly Row[]> {
  const undo: Undo = [];
  try {
    return await play(await build(options, undo));
  } finally {
    for (const step of undo.toReversed()) await step();
  }
}

async function build(options: StageOptions, undo: Undo): Promise<Stage> {
  const { seed, keep, pace = 600, say } = options;
  const kind = (stages += 1);
  const random = randomOf(seed + kind);
  const folder = recordsFolder(undo, keep ? say : null);
  const dialled = new Map<string, number>();
  const crowds: Crowd[] = [];
  const onOpened = (call: string): void => {
    dialled.set(call, (dialled.get(call) ?? 0) + 1);
    for (const crowd of crowds) crowd.opened(call);
  };
  const machines = await startMachines({ ...options, pace, folder, onOpened }, undo);
  const { bots, replicas, balancer, identity, publicUrl } = machines;

  const record = recordTo(join(folder, 'callers.jsonl'));
  const frontOn = (port: number): Front => {
    const front = frontOf({ port, publicUrl, identity, record });
    undo.push(() => front.close());
    return front;
  };
  const front = frontOn(balancer.port);
  const fronts = new Map(replicas.map((each) => [each, frontOn(each.port)]));
  return {
    ...machines,
    front,
    frontAt: (each) => fronts.get(each) ?? front,
    api: ({ port }) => sessionApi(port, identity.HOOKSWITCH_PRIVATE_KEYS),
    agents: Object.keys(bots),
    random,
    record,
    dialled,
    crowd(size, longest) {
      const own = random.fork('calls');
      const nameOf = (count: number): string => callName(kind, count);
      const crowd = crowdOf({ size, gateway: front, bots, record, random: own, pace, longest, nameOf });
      crowds.push(crowd);
      undo.push(() => crowd.hold());
      return crowd;
    },
    place: (id, agent, endpoint, gateway) =>
      placeCall({ id, agent, endpoint, gateway, record, random: random.fork(id), pace }),
    async judged(least, expected = /(?!)/) {
      const verdict = await judge(withBothEnds(folder));
      const errors = replicas.flatMap((each) => each.errors()).filter((line) => !expected.test(line));
      const wrongs = verdict.violations.map(({ call, wrong, detail }) => `${call}: ${wrong}: ${detail}`);
      for (const line of [...wrongs.slice(0, SHOWN), ...errors.slice(0, SHOWN)]) say(line);
      return [
        ...rowsOfCalls(verdict, least),
        exactly('errors in the logs of the replicas', 0, errors.length),
      ];
    },
  };
}

/** Gone with this process, unless somebody wants to read it. */
function recordsFolder(undo: Undo, say: PlayOptions['say'] | null): string {
  const folder = mkdtempSync(join(tmpdir(), 'hookswitch-replicas-'));
  if (say) {
    say(`records are in ${folder}`);
    return folder;
  }
  const tidy = (): void => rmSync(folder, { recursive: true, force: true });
  process.once('exit', tidy);
  undo.push(() => {
    process.off('exit', tidy);
    tidy();
  });
  return folder;
}

async function* withBothEnds(folder: string): AsyncGenerator<Entry> {
  for await (const entry of readRecords(folder)) if (!entry.call.startsWith('raw')) yield entry;
}

/** Milliseconds after which whatever was said has arrived. */
export const SETTLED = 2000;

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Looks again and again. False when it did not become true in that time. */
export async function becomes(isTrue: () => boolean | Promise<boolean>, patience: number): Promise<boolean> {
  for (const until = Date.now() + patience; Date.now() < until; await sleep(50))
    if (await isTrue()) return true;
  return false;
}
