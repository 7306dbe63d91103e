import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { printed } from '../helpers/leaks.ts';

/** A process, what it printed so far, and a way to end it. */
export interface Watched {
  readonly output: () => string;
  readonly stop: () => Promise<void>;
}

export function watched(child: ChildProcess): Watched {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const stop = async (): Promise<void> => {
    linesOf(output).forEach(printed);
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill();
    await gone;
  };
  return { output: () => output, stop };
}

/** Our own lines: what the platform prints is its business, and twilio-run prints every query. */
export function linesOf(output: string): string[] {
  return output.split('\n').filter((line) => line.startsWith('hookswitch:'));
}

/** A process that has one exported file. */
export interface Runner {
  readonly child: ChildProcess;
  /** Of what it listens on; 0 when it is asked by messages. */
  readonly port: number;
}

/** One for each file, started when first asked for. */
export interface Runners extends Watched {
  readonly of: (stem: string) => Promise<Runner>;
}

export function runners(start: (stem: string) => ChildProcess, readPort: ReadPort = portSaid): Runners {
  const known = new Map<string, Promise<Runner>>();
  const all: Watched[] = [];

  async function run(stem: string): Promise<Runner> {
    const child = start(stem);
    all.push(watched(child));
    return { child, port: await readPort(child) };
  }

  return {
    of(stem) {
      const runner = known.get(stem) ?? run(stem);
      known.set(stem, runner);
      return runner;
    },
    output: () => all.map(({ output }) => output()).join(''),
    stop: async () => void (await Promise.all(all.map(({ stop }) => stop()))),
  };
}

/** How a process says that it is ready. */
type ReadPort = (child: ChildProcess) => Promise<number>;

const portSaid: ReadPort = async (child) => {
  const [{ port = 0 }] = (await once(child, 'message')) as [{ port?: number }];
  return port;
};

/** A script of this folder in a process of its own, with these variables and no other. */
export function forked(script: string, args: readonly string[], variables: NodeJS.ProcessEnv): ChildProcess {
  const env = { PATH: process.env['PATH'], ...variables };
  return fork(join(import.meta.dirname, script), args, { env, execArgv: [], silent: true });
}
