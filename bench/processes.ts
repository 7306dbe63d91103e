import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuSeconds, ownCpuSeconds, parentOf, PATH } from './machine.ts';

/** What to run, and where. */
export interface Command {
  /** Named in errors. */
  readonly name: string;
  readonly argv: readonly string[];
  /** Null: any core. */
  readonly core: number | null;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Running {
  /** The process and its children now: nginx works in a child. */
  readonly pids: () => number[];
  /** What it wrote to its standard output since it was asked last; waits for the first of it. */
  readonly said: () => Promise<string>;
  readonly stop: () => Promise<void>;
}

/** Starts processes and knows all that still run, so that none outlives the benchmark. */
export interface Processes {
  /** Resolves when something listens on the port. Throws with the end of its stderr when it exits before that. */
  readonly serve: (command: Command, port: number) => Promise<Running>;
  /** Resolves with its standard output; throws when it fails or takes longer than `seconds`. */
  readonly run: (command: Command, seconds: number) => Promise<string>;
  /** Seconds of CPU time that this benchmark used so far, with all it started. */
  readonly cpuSeconds: () => number;
  /** At once, and by process id. */
  readonly stopAll: () => void;
}

const START_SECONDS = 20;

export function processes(): Processes {
  const living = new Set<ChildProcess>();

  function start({ argv, core, env = {} }: Command): { child: ChildProcess; stderr: () => string } {
    const [file = '', ...args] = core === null ? argv : ['taskset', '-c', String(core), ...argv];
    const child = spawn(file, args, { env: { PATH, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    living.add(child);
    child.on('exit', () => living.delete(child)).on('error', () => living.delete(child));
    let stderr = '';
    child.stderr.on('data', (data: Buffer) => (stderr = (stderr + data.toString()).slice(-2000)));
    return { child, stderr: () => stderr.trim() };
  }

  return {
    async serve(command, port) {
      const { child, stderr } = start(command);
      let said = '';
      child.stdout?.on('data', (data: Buffer) => (said = (said + data.toString()).slice(-2000)));
      const failed = new Promise<never>((_, reject) => {
        child.on('error', reject);
        child.on('exit', (code) => reject(new Error(`${command.name} ended (${code}): ${stderr()}`)));
      });
      failed.catch(() => {});
      await Promise.race([listening(port, command.name), failed]);
      return {
        pids: () => familyOf(child),
        async said() {
          if (said === '' && child.stdout) await once(child.stdout, 'data');
          const text = said;
          said = '';
          return text;
        },
        async stop() {
          if (child.exitCode !== null || child.signalCode !== null) return;
          kill(child);
          await once(child, 'exit');
        },
      };
    },

    async run(command, seconds) {
      const { child, stderr } = start(command);
      const overdue = setTimeout(() => kill(child), seconds * 1000);
      const [code, stdout] = await Promise.all([exitOf(child), read(child)]);
      clearTimeout(overdue);
      if (code !== 0) throw new Error(`${command.name} failed (${code ?? 'stopped'}): ${stderr()}`);
      return stdout;
    },

    cpuSeconds: () => ownCpuSeconds() + cpuSeconds([...living].flatMap(familyOf)),

    stopAll: () => living.forEach(kill),
  };
}

/** The parent first: a master would start its workers anew. */
function kill(child: ChildProcess): void {
  for (const pid of familyOf(child)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // gone already
    }
  }
}

/** A process id may have been given to somebody else once its process ended. */
function familyOf({ pid, exitCode, signalCode }: ChildProcess): number[] {
  if (pid === undefined || exitCode !== null || signalCode !== null) return [];
  const others = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return [pid, ...others.map(Number).filter((other) => parentOf(other) === pid)];
}

async function exitOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.on('close', resolve).on('error', reject);
  });
}

async function read({ stdout }: ChildProcess): Promise<string> {
  let text = '';
  for await (const part of stdout ?? []) text += String(part);
  return text;
}

async function listening(port: number, name: string): Promise<void> {
  const giveUp = Date.now() + START_SECONDS * 1000;
  while (Date.now() < giveUp) {
    if (await answers(port)) return;
    await sleep(20);
  }
  throw new Error(`${name} did not listen on port ${port} within ${START_SECONDS} s`);
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  return new Promise((resolve) => {
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
  }).then((is) => {
    socket.destroy();
    return is === true;
  });
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port to listen on');
  return address.port;
}
