import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { printed, secret } from '../helpers/leaks.ts';
import { exchange } from './exchange.ts';

/** Where the checkout is; the tests themselves may run from a compiled copy. */
export const root: string = process.env['HOOKSWITCH_ROOT'] ?? join(import.meta.dirname, '../..');

export interface GatewayProcessOptions {
  /** Bot URL by agent name. */
  readonly agents: Readonly<Record<string, string>>;
  /** As in [limits]. */
  readonly limits?: Readonly<Record<string, number>>;
  /** At the top of hookswitch.toml, over drain_timeout = 1. */
  readonly settings?: Readonly<Record<string, number>>;
  /** By agent name. */
  readonly maxAgents?: Readonly<Record<string, number>>;
  /** Variables over those made up for it. With PUBLIC_URL goes PORT. */
  readonly env?: Readonly<Record<string, string>>;
  /** Where its log goes: kept here, or to a file descriptor. */
  readonly stdout?: 'pipe' | number;
  /** `ulimit -n` of the process. */
  readonly descriptors?: number;
}

/** `hookswitch serve` as shipped, in a process of its own. */
export interface GatewayProcess {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly port: number;
  /** Log lines so far. */
  readonly log: () => readonly string[];
  /** POST /start. Rejects unless the answer is 200. */
  start(agent: string, transport: string, body: object): Promise<StartedSession>;
  /** Bytes of memory, now and at most. */
  memory(): { readonly now: number; readonly peak: number };
  descriptors(): number;
  /** SIGTERM; resolves with the exit code, or the signal that it took. `patience`: milliseconds; ten seconds. */
  stop(patience?: number): Promise<number | string>;
}

export interface StartedSession {
  readonly sessionId: string;
  readonly wsUrl: string;
  readonly token: string;
  /** What its carrier says first; as recorded when not given. */
  readonly opening?: readonly string[];
}

export async function gatewayProcess(options: GatewayProcessOptions): Promise<GatewayProcess> {
  const { stdout = 'pipe', descriptors } = options;
  const folder = mkdtempSync(join(tmpdir(), 'hookswitch-gateway-'));
  writeFileSync(join(folder, 'hookswitch.toml'), toml(options));
  const key = `pk_${randomBytes(32).toString('hex')}`;
  const master = randomBytes(32).toString('base64url');
  secret(master);
  const env = {
    PATH: process.env['PATH'],
    HOOKSWITCH_STATE: join(folder, 'state.json'),
    HOOKSWITCH_SECRETS: `k1:${master}`,
    HOOKSWITCH_PUBLIC_KEYS: key,
    ...options.env,
  };
  const command = [process.execPath, join(root, 'dist/cli/main.js'), 'serve'];
  const limit = descriptors === undefined ? '' : `ulimit -n ${descriptors} && `;
  const child = spawn('sh', ['-c', `${limit}exec "$@"`, 'sh', ...command], {
    cwd: folder,
    env,
    stdio: ['ignore', stdout, 'pipe'],
  });
  const tidy = (): void => rmSync(folder, { recursive: true, force: true });
  const kill = (): void => {
    child.kill('SIGKILL');
    tidy();
  };
  process.once('exit', kill);
  child.once('exit', () => {
    process.off('exit', kill);
    tidy();
  });
  let written = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    printed(chunk.toString());
    written += chunk.toString();
  });
  const announced = await portOf(child);
  const port = options.env?.['PORT'] === undefined ? announced : Number(options.env['PORT']);
  const http = new Agent({ keepAlive: true, maxSockets: 16 });
  const { pid } = child;
  if (pid === undefined) throw new TypeError('a process that listens has an id');

  return {
    child,
    pid,
    port,
    log: () => written.split('\n').filter(Boolean),
    start: (agent, transport, body) =>
      startSession({ port, key: env.HOOKSWITCH_PUBLIC_KEYS, http, agent }, { transport, body }),
    memory: () => memoryOf(pid),
    descriptors: () => readdirSync(`/proc/${pid}/fd`).length,
    async stop(patience = 10_000) {
      http.destroy();
      if (child.exitCode !== null) return child.exitCode;
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), patience);
      const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
      clearTimeout(late);
      return code ?? String(signal);
    },
  };
}

function toml({ agents, limits = {}, settings = {}, maxAgents = {} }: GatewayProcessOptions): string {
  const lines = (table: object): string[] =>
    Object.entries(table).map(([name, value]) => `${name} = ${String(value)}`);
  const tables = Object.entries(agents).flatMap(([name, bot]) => [
    `[[agents]]\nagent_name = "${name}"\nwebsocket_auth = "token"\nbots = ["${bot}"]`,
    ...(maxAgents[name] === undefined ? [] : [`[agents.scaling]\nmax_agents = ${maxAgents[name]}`]),
  ]);
  const top = ['listen = "127.0.0.1:0"', ...lines({ drain_timeout: 1, ...settings })];
  return [...top, ...tables, '[limits]', ...lines(limits), ''].join('\n');
}

async function portOf(child: ChildProcess): Promise<number> {
  let banner = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    banner = (banner + chunk.toString()).slice(-10_000);
  });
  for (;;) {
    const port = /is up at http:\/\/127\.0\.0\.1:(\d+)/.exec(banner)?.[1];
    if (port !== undefined) return Number(port);
    if (child.exitCode !== null) throw new Error(`the gateway did not start: ${banner}`);
    if (child.stderr) await Promise.race([once(child.stderr, 'data'), once(child, 'exit')]);
  }
}

export interface StartTarget {
  readonly port: number;
  readonly key: string;
  readonly http: Agent | false;
  readonly agent: string;
}

/** Any answer of /start but 200. */
export class StartRefused extends Error {
  readonly status: number;

  constructor(status: number, text: string) {
    super(`/start answered ${status}: ${text}`);
    this.status = status;
  }
}

/** POST /start. Rejects with StartRefused, or when there is no answer. */
export async function startSession(
  { agent, key, ...target }: StartTarget,
  body: object,
): Promise<StartedSession> {
  const { status, text } = await exchange({
    ...target,
    method: 'POST',
    path: `/v1/public/${agent}/start`,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (status !== 200) throw new StartRefused(status, text);
  const started = JSON.parse(text) as StartedSession;
  secret(started.token);
  return started;
}

function memoryOf(pid: number): { now: number; peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kib = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1024;
  return { now: kib('VmRSS'), peak: kib('VmHWM') };
}
