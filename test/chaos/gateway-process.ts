import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { printed, secret } from '../helpers/leaks.ts';

/** Where the checkout is; the tests themselves may run from a compiled copy. */
export const root: string = process.env['HOOKSWITCH_ROOT'] ?? join(import.meta.dirname, '../..');

export interface GatewayProcessOptions {
  /** Bot URL by agent name. */
  readonly agents: Readonly<Record<string, string>>;
  /** As in [limits]. */
  readonly limits?: Readonly<Record<string, number>>;
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
  /** SIGTERM; resolves with the exit code, or the signal that it took. */
  stop(): Promise<number | string>;
}

export interface StartedSession {
  readonly sessionId: string;
  readonly wsUrl: string;
  readonly token: string;
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
  };
  const command = [process.execPath, join(root, 'dist/cli/main.js'), 'serve'];
  const limit = descriptors === undefined ? '' : `ulimit -n ${descriptors} && `;
  const child = spawn('sh', ['-c', `${limit}exec "$@"`, 'sh', ...command], {
    cwd: folder,
    env,
    stdio: ['ignore', stdout, 'pipe'],
  });
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => {
    process.off('exit', kill);
    rmSync(folder, { recursive: true, force: true });
  });
  let written = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    printed(chunk.toString());
    written += chunk.toString();
  });
  const port = await portOf(child);
  const http = new Agent({ keepAlive: true, maxSockets: 16 });
  const { pid } = child;
  if (pid === undefined) throw new TypeError('a process that listens has an id');

  return {
    child,
    pid,
    port,
    log: () => written.split('\n').filter(Boolean),
    start: (agent, transport, body) => post({ port, key, http, agent }, { transport, body }),
    memory: () => memoryOf(pid),
    descriptors: () => readdirSync(`/proc/${pid}/fd`).length,
    async stop() {
      http.destroy();
      if (child.exitCode !== null) return child.exitCode;
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), 10_000);
      const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
      clearTimeout(late);
      return code ?? String(signal);
    },
  };
}

function toml({ agents, limits = {} }: GatewayProcessOptions): string {
  const table = Object.entries(limits).map(([name, value]) => `${name} = ${value}`);
  const tables = Object.entries(agents).map(
    ([name, bot]) => `[[agents]]\nagent_name = "${name}"\nwebsocket_auth = "token"\nbots = ["${bot}"]`,
  );
  return ['listen = "127.0.0.1:0"', 'drain_timeout = 1', ...tables, '[limits]', ...table, ''].join('\n');
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

interface Target {
  readonly port: number;
  readonly key: string;
  readonly http: Agent;
  readonly agent: string;
}

async function post(target: Target, body: object): Promise<StartedSession> {
  const { port, key, http, agent } = target;
  const asked = request({
    agent: http,
    port,
    host: '127.0.0.1',
    method: 'POST',
    path: `/v1/public/${agent}/start`,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
  });
  const answered = once(asked, 'response');
  asked.end(JSON.stringify(body));
  let answer: IncomingMessage;
  try {
    [answer] = (await answered) as [IncomingMessage];
  } catch (error) {
    // A connection kept alive may be closed by the server just when it is used again.
    if (asked.reusedSocket) return post(target, body);
    throw error;
  }
  let text = '';
  for await (const chunk of answer) text += String(chunk);
  if (answer.statusCode !== 200) throw new Error(`/start answered ${answer.statusCode}: ${text}`);
  const started = JSON.parse(text) as StartedSession;
  secret(started.token);
  return started;
}

function memoryOf(pid: number): { now: number; peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kib = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1024;
  return { now: kib('VmRSS'), peak: kib('VmHWM') };
}
