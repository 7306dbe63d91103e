import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient, type RedisClientType } from '@redis/client';
import { freePort } from './bot.ts';

/** A Redis (or Valkey) of our own: a real server, on a port of its own, with nothing in it. */
export interface TestRedis {
  readonly port: number;
  readonly url: string;
  /** A client with all rights, over the default user. */
  readonly admin: RedisClientType;
  /** The signal goes to this server's process only. */
  signal(signal: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL' | 'SIGTERM'): void;
  /** Kills it, and starts it again on the same port, with what it had written to disk. `downFor`: milliseconds. */
  restart(downFor?: number): Promise<void>;
  close(): Promise<void>;
}

/** The server's program: REDIS_SERVER, or redis-server. */
export const REDIS_SERVER: string = process.env['REDIS_SERVER'] || 'redis-server';

export interface TestRedisOptions {
  /** Lines of redis.conf, as arguments: `['--maxmemory', '10mb']`. */
  readonly args?: readonly string[];
  readonly port?: number;
}

export async function testRedis({ args = [], port: wanted }: TestRedisOptions = {}): Promise<TestRedis> {
  const port = wanted ?? (await freePort());
  const dir = mkdtempSync(join(tmpdir(), 'hookswitch-redis-'));
  const all = ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir, '--save', '', ...args];
  let server = await launch(all, port);
  const tidy = (): void => {
    server.kill('SIGKILL');
    rmSync(dir, { recursive: true, force: true });
  };
  process.once('exit', tidy);
  const admin = createClient({ socket: { port, host: '127.0.0.1', reconnectStrategy: 50 } });
  admin.on('error', () => {});
  await admin.connect();

  async function kill(): Promise<void> {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const gone = once(server, 'exit');
    server.kill('SIGKILL');
    await gone;
  }

  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    admin: admin as unknown as RedisClientType,
    signal: (signal) => void server.kill(signal),
    async restart(downFor = 0) {
      await kill();
      await sleep(downFor);
      server = await launch(all, port);
    },
    async close() {
      admin.destroy();
      await kill();
      process.off('exit', tidy);
      tidy();
    },
  };
}

async function launch(args: readonly string[], port: number): Promise<ChildProcess> {
  const server = spawn(REDIS_SERVER, args, { stdio: 'ignore' });
  const failed = once(server, 'error').then(([error]) => {
    throw new Error(`${REDIS_SERVER} cannot be started: apt-get install redis-server, or set REDIS_SERVER`, {
      cause: error,
    });
  });
  const exited = once(server, 'exit').then(() => {
    throw new Error(`${REDIS_SERVER} ${args.join(' ')} ended at once`);
  });
  exited.catch(() => {});
  await Promise.race([failed, exited, answering(port)]);
  failed.catch(() => {});
  return server;
}

async function answering(port: number): Promise<void> {
  for (let attempt = 0; attempt < 250; attempt += 1) {
    const socket = connect(port, '127.0.0.1');
    socket.write('PING\r\n');
    const first = await Promise.race([
      once(socket, 'data').then(([data]) => String(data)),
      once(socket, 'close').then(() => ''),
    ]).catch(() => '');
    socket.destroy();
    if (/^\+PONG|^-NOAUTH/.test(first)) return;
    await sleep(20);
  }
  throw new Error('Redis does not answer');
}
