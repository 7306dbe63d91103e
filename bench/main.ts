import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { startBot, type Bench, type Measurement, type Options } from './bench.ts';
import { chart, panels } from './chart.ts';
import { goals } from './goals.ts';
import { readMachine, type Machine } from './machine.ts';
import { connect } from './measurements/connect.ts';
import { forged } from './measurements/forged.ts';
import { memory } from './measurements/memory.ts';
import { relay } from './measurements/relay.ts';
import { store } from './measurements/store.ts';
import { webhook } from './measurements/webhook.ts';
import { workers } from './measurements/workers.ts';
import { figures, withFigures } from './page.ts';
import { processes } from './processes.ts';
import { duration, progress } from './progress.ts';
import type { Sample } from './samples.ts';
import { judge } from './verdict.ts';
import { compile } from './wsload.ts';

const MEASUREMENTS: readonly Measurement[] = [relay, memory, connect, webhook, store, forged, workers];

/** Load average of a machine whose figures would be those of something else. */
const BUSY = 0.7;

const root = join(import.meta.dirname, '..');

interface Asked extends Options {
  readonly only: readonly Measurement[];
  readonly json: string | null;
  readonly write: boolean;
}

/** `npm run bench`. `product`: a built gateway. Exit code 1: something of ours failed, or the generator measured itself. */
export async function main(argv: readonly string[], product: string): Promise<void> {
  const asked = readArguments(argv);
  const machine = readMachine();
  let samples: Sample[];
  try {
    samples = await measure(asked, machine, product);
  } catch (error) {
    process.stderr.write(`FAILED: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
  const text = figures(samples, machine, asked);
  process.stdout.write(`${text}\n`);
  if (asked.json !== null) {
    writeFileSync(
      asked.json,
      `${JSON.stringify({ machine, options: asked, goals: goals(samples), samples }, null, 2)}\n`,
    );
  }
  const { failed, notes } = judge(samples, asked);
  for (const line of notes) process.stderr.write(`note: ${line}\n`);
  for (const line of failed) process.stderr.write(`FAILED: ${line}\n`);
  if (failed.length > 0) process.exitCode = 1;
  if (!asked.write) return;
  if (failed.length > 0) {
    process.stderr.write('docs/performance.md stays as it is: this run proves nothing\n');
    return;
  }
  writePage(text, samples);
}

function readArguments(argv: readonly string[]): Asked {
  const names = MEASUREMENTS.map(({ name }) => name);
  const program = new Command('npm run bench --')
    .description(
      'Measures the gateway beside other relays on this machine; docs/performance.md says how to read it.',
    )
    .option('--rounds <n>', 'rounds, each of every contestant', positive, 5)
    .option('--seconds <s>', 'measuring window of each run', positive, 5)
    .option('--only <names>', `some of ${names.join(',')}`, readNames)
    .option('--quick', 'one round of 2 s: says whether everything works, judges no speed')
    .option('--json <file>', 'write every sample there')
    .option('--write', 'put the figures into docs/performance.md and docs/performance.svg')
    .parse([...argv]);
  const {
    quick = false,
    write = false,
    json = null,
    only,
    ...given
  } = program.opts<{
    rounds: number;
    seconds: number;
    only?: readonly Measurement[];
    quick?: boolean;
    json?: string;
    write?: boolean;
  }>();
  if (write && (quick || only)) program.error('--write takes a whole run: without --quick and --only');
  const { rounds, seconds } = quick ? { rounds: 1, seconds: 2 } : given;
  return { rounds, seconds, quick, write, json, only: only ?? MEASUREMENTS };
}

function positive(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('It must be a whole number above 0.');
}

function readNames(text: string): readonly Measurement[] {
  return text.split(',').map((name) => {
    const found = MEASUREMENTS.find((measurement) => measurement.name === name);
    if (found) return found;
    throw new InvalidArgumentError(`There is no ${name}.`);
  });
}

/** Whatever happens, no process and no file is left behind. */
async function measure({ only, ...options }: Asked, machine: Machine, product: string): Promise<Sample[]> {
  const folder = mkdtempSync(join(tmpdir(), 'hookswitch-bench-'));
  const started = processes();
  process.on('exit', () => {
    started.stopAll();
    rmSync(folder, { recursive: true, force: true });
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(130));
  const wsload = compile(root, folder);
  const total = only.reduce((sum, { seconds }) => sum + seconds({ options, machine }), 0);
  const reporter = progress(total, (text) => process.stderr.write(text));
  reporter.say(`${only.map(({ name }) => name).join(', ')}: about ${duration(total)}`);
  if ((loadavg()[0] ?? 0) > BUSY) reporter.say('warning: this machine is busy with something else');
  const base = { options, machine, root, product, folder, wsload, processes: started, progress: reporter };
  const bench: Bench = { ...base, bot: await startBot(base), samples: [] };
  for (const measurement of only) await measurement.run(bench);
  started.stopAll();
  return bench.samples;
}

function writePage(text: string, samples: readonly Sample[]): void {
  const page = join(root, 'docs/performance.md');
  writeFileSync(page, withFigures(readFileSync(page, 'utf8'), text));
  writeFileSync(join(root, 'docs/performance.svg'), chart(panels(samples)));
  execFileSync(process.execPath, [join(root, 'node_modules/oxfmt/bin/oxfmt'), page], { cwd: root });
}
