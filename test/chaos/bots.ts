import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { BotOrder } from './bot-process.ts';

/** A bot process that can be killed, and comes back on the same port. */
export interface Bots {
  readonly url: string;
  readonly isUp: () => boolean;
  order(order: BotOrder): void;
  /** kill -9, and a new process in its place. */
  killAndRestart(): Promise<void>;
  stop(): void;
}

export interface BotsOptions {
  readonly name: string;
  readonly folder: string;
  readonly seed: number;
  readonly pace: number;
  readonly onOpened: (call: string) => void;
}

type Told = { readonly port: number } | { readonly opened: string };

export async function startBots({ name, folder, seed, pace, onOpened }: BotsOptions): Promise<Bots> {
  let life = 0;
  let port = 0;
  let isUp = false;
  let child: ChildProcess;

  async function launch(): Promise<void> {
    const file = join(folder, `${name}-${life}.jsonl`);
    const args = [file, port, seed + life, pace].map(String);
    child = fork(join(import.meta.dirname, 'bot-process.js'), args, { stdio: ['ignore', 2, 2, 'ipc'] });
    const [{ port: taken }] = (await once(child, 'message')) as [{ port: number }];
    child.on('message', (told: Told) => 'opened' in told && onOpened(told.opened));
    child.on('error', () => {}); // an order on its way to a process that is killed
    port = taken;
    isUp = true;
  }

  await launch();
  return {
    url: `ws://127.0.0.1:${port}/ws`,
    isUp: () => isUp,
    order: (order) => void (isUp && child.send(order)),
    async killAndRestart() {
      isUp = false;
      const dead = once(child, 'exit');
      child.kill('SIGKILL');
      await dead;
      life += 1;
      await launch();
    },
    stop: () => void child.kill('SIGKILL'),
  };
}
