import { allCpuSeconds, type Machine } from './machine.ts';
import { freePort, type Command, type Processes, type Running } from './processes.ts';
import type { Progress } from './progress.ts';
import type { Sample } from './samples.ts';
import { readReport, type Report } from './wsload.ts';

export interface Options {
  readonly rounds: number;
  /** The measuring window of each run. */
  readonly seconds: number;
  /** One round says whether everything works, and nothing about speed. */
  readonly quick: boolean;
}

/** All that a measurement has to work with. */
export interface Bench {
  readonly options: Options;
  readonly machine: Machine;
  /** The checkout. */
  readonly root: string;
  /** What `npm run build` made of it. */
  readonly product: string;
  /** For configurations and the like; gone afterwards. */
  readonly folder: string;
  /** The compiled load generator. */
  readonly wsload: string;
  readonly processes: Processes;
  readonly progress: Progress;
  readonly bot: { readonly port: number; readonly running: Running };
  readonly samples: Sample[];
}

/** One thing that is measured, of everybody it can be measured of. */
export interface Measurement {
  readonly name: string;
  /** About how long, so that progress can say what is left. */
  readonly seconds: (bench: Pick<Bench, 'options' | 'machine'>) => number;
  readonly run: (bench: Bench) => Promise<void>;
}

/** Everything but the relay: the load and the bot. */
export function loadCore({ canPin, cores }: Machine): number | null {
  return canPin && cores.length > 1 ? (cores[0] ?? null) : null;
}

/** The relay's own. */
export function relayCore({ canPin, cores }: Machine): number | null {
  return canPin ? (cores[1] ?? null) : null;
}

/** Seconds a run may take beside its measuring window: opening up to 60, warming up, the last echoes. */
const GRACE = 90;

/** Runs the load generator against a port, beside the bot. `args` as on its command line, without the URL. */
export async function generate(
  bench: Bench,
  mode: string,
  args: Readonly<Record<string, string | number>>,
  to: {
    readonly port: number;
    readonly path: string;
    readonly pids?: readonly number[];
    readonly pinned?: boolean;
  },
): Promise<Report> {
  const { wsload, processes, machine, options } = bench;
  const given = Object.entries(args).flatMap(([name, value]) => [name, String(value)]);
  const watched = (to.pids ?? []).flatMap((pid) => ['-P', String(pid)]);
  const command: Command = {
    name: `wsload ${mode}`,
    argv: [wsload, mode, ...given, ...watched, `ws://127.0.0.1:${to.port}${to.path}`],
    core: to.pinned === false ? null : loadCore(machine),
  };
  const seconds = Number(args['-d'] ?? options.seconds) + GRACE;
  const foreign = foreignCores(processes);
  const report = readReport(await processes.run(command, seconds));
  return { ...report, foreign_cores: foreign() };
}

/** Call it twice: cores that others on this machine kept busy in between. */
export function foreignCores({ cpuSeconds }: Processes): () => number {
  const used = (): number => allCpuSeconds() - cpuSeconds();
  const [from, before] = [performance.now(), used()];
  return () => Math.max(0, (used() - before) / ((performance.now() - from) / 1000));
}

/** Seconds of warm-up before each window. */
export const WARM = 1;

export async function startBot(
  { processes, machine, wsload }: Pick<Bench, 'processes' | 'machine' | 'wsload'>,
  pinned = true,
): Promise<Bench['bot']> {
  const port = await freePort();
  const argv = [wsload, 'server', '-l', `127.0.0.1:${port}`];
  const core = pinned ? loadCore(machine) : null;
  return { port, running: await processes.serve({ name: 'the bot', argv, core }, port) };
}

/** What the bot has seen since it was started. */
export async function botCounts({ running }: Bench['bot']): Promise<Report> {
  const [pid] = running.pids();
  if (pid === undefined) throw new Error('the bot is gone');
  process.kill(pid, 'SIGUSR1');
  return readReport(await running.said());
}
