import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import type { Env } from '../../shared/env.ts';
import { freePort } from '../helpers/bot.ts';
import { startCli, type Running } from '../helpers/cli.ts';
import { connect, type Client } from '../helpers/client.ts';
import type { Started } from '../helpers/gateway.ts';
import { secret } from '../helpers/leaks.ts';

type Line = Readonly<Record<string, unknown>>;

/** A call through the gateway, and the worker that relays it. */
export interface LiveCall extends Client {
  readonly worker: number;
  readonly pid: number;
}

/** `hookswitch serve` with several workers, as it is shipped. */
export interface Scene extends Running {
  readonly http: string;
  readonly port: number;
  readonly carriers: Env;
  readonly privateKey: string;
  /** Parsed log lines with that message. */
  lines(message: string): readonly Line[];
  /** Process id of the newest process of each worker, by number. */
  pids(): ReadonlyMap<number, number>;
  /** /start over a connection of its own, so that whichever worker is next answers. */
  post(agent: string, request?: object): Promise<Response>;
  start(agent: string, request?: object): Promise<Started>;
  /** Starts sessions, then opens their sockets one after the other: each on the worker whose turn it is. */
  calls(agent: string, count: number): Promise<readonly LiveCall[]>;
  /** Kills whatever still runs, and removes its files. */
  close(): Promise<void>;
}

export interface SceneOptions {
  /** The file: agents, and what else is not the default. */
  readonly toml: string;
  readonly env?: Env;
}

export async function workersScene({ toml, env = {} }: SceneOptions): Promise<Scene> {
  const folder = mkdtempSync(join(tmpdir(), 'hookswitch-workers-'));
  const state = join(folder, 'state.json');
  const port = await freePort();
  writeFileSync(join(folder, 'hookswitch.toml'), `workers = 2\n${toml}`);
  const running = startCli(['serve'], {
    cwd: folder,
    env: { HOOKSWITCH_STATE: state, PORT: String(port), ...env },
  });
  const isUp = (): boolean =>
    running.stderr().includes('Hookswitch is up') && running.stdout().includes('"msg":"listening"');
  await vi.waitUntil(isUp, { timeout: 15_000 }).catch((error: unknown) => {
    running.child.kill('SIGKILL'); // nobody else would
    throw error;
  });
  const { publicKey, privateKey, carriers } = JSON.parse(readFileSync(state, 'utf8')) as {
    publicKey: string;
    privateKey: string;
    carriers: Record<string, string>;
  };
  secret(publicKey, privateKey, carriers['TWILIO_AUTH_TOKEN'] ?? '');
  const http = `http://127.0.0.1:${port}`;

  const lines: Scene['lines'] = (message) =>
    running
      .stdout()
      .split('\n')
      .filter((line) => line.includes(`"msg":"${message}"`) && line.endsWith('}'))
      .map((line) => JSON.parse(line) as Line);
  const pids = (): ReadonlyMap<number, number> =>
    new Map(lines('worker listening').map(({ worker, pid }) => [Number(worker), Number(pid)]));
  const post: Scene['post'] = (agent, request = {}) =>
    fetch(`${http}/v1/public/${agent}/start`, {
      method: 'POST',
      body: JSON.stringify(request),
      headers: {
        authorization: `Bearer ${publicKey}`,
        'content-type': 'application/json',
        connection: 'close',
      },
    });
  async function start(agent: string, request?: object): Promise<Started> {
    const answer = await post(agent, request);
    expect(answer.status).toBe(200);
    const started = (await answer.json()) as Started;
    secret(started.token);
    return started;
  }
  return {
    ...running,
    http,
    port,
    carriers,
    privateKey,
    lines,
    pids,
    post,
    start,
    async calls(agent, count) {
      const started = await Promise.all(Array.from({ length: count }, () => start(agent)));
      const all: LiveCall[] = [];
      for (const { sessionId, wsUrl, token } of started) {
        const client = await connect(`${wsUrl}/${token}`);
        const found = (): Line | undefined =>
          lines('call connected').find(({ session }) => session === sessionId);
        await vi.waitUntil(found);
        const worker = Number(found()?.['worker']);
        all.push({ ...client, worker, pid: pids().get(worker) ?? 0 });
      }
      return all;
    },
    async close() {
      running.child.kill('SIGKILL');
      for (const pid of pids().values()) killed(pid);
      await running.done;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function killed(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it has left by itself
  }
}

/** An agent in TOML that asks for tokens. */
export function agentTable(name: string, bot: string, more = ''): string {
  return `[[agents]]\nagent_name = "${name}"\nwebsocket_auth = "token"\nbots = ["${bot}"]\n${more}\n`;
}

/** Items in groups. */
export function grouped<T>(items: readonly T[], keyOf: (item: T) => number): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}
