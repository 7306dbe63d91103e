import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { vi } from 'vitest';
import type { Env } from '../../shared/env.ts';
import { freePort } from '../helpers/bot.ts';
import { carrierOf, moduleOf } from '../helpers/carriers.ts';
import { startCli, type Running } from '../helpers/cli.ts';
import { connect, type Client } from '../helpers/client.ts';
import { printed, secret } from '../helpers/leaks.ts';
import { ca, caddy, caddyEnv, certificate } from './caddy.ts';
import { readText, root } from './files.ts';
import { run } from './run.ts';

/** A process, and all it has printed. */
export interface Daemon {
  readonly child: ChildProcess;
  readonly text: () => string;
}

function daemon(command: string, args: readonly string[], env: Env): Daemon {
  const { PATH, HOME } = process.env;
  const child = spawn(command, args, {
    cwd: root,
    env: { PATH, HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  const take = (chunk: Buffer): void => {
    printed(chunk.toString());
    text += chunk.toString();
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  return { child, text: () => text };
}

/** Stops a process and waits for its end. */
export async function stop(
  { child }: { readonly child: ChildProcess },
  signal: NodeJS.Signals,
): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}

export interface Started {
  readonly wsUrl: string;
  readonly token: string;
}

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** docker-compose.yml without Docker: the same files, as processes of this machine. */
export interface Topology {
  readonly publicUrl: string;
  /** What a call is signed with, and how its TLS is trusted. */
  readonly callerEnv: Env;
  readonly gateways: readonly (Running & { readonly url: string })[];
  readonly caddy: Daemon;
  readonly caddyEnv: Env;
  /** Redis again on the same folder, after it was stopped. */
  restartRedis(): Promise<void>;
  readonly redis: () => Daemon;
  readonly ca: Buffer;
  /** Of the keys that a Redis finds there which anybody may ask: the second part of each name. After Redis was stopped. */
  kindsOfKeys(): Promise<readonly string[]>;
  get(path: string): Promise<number>;
  /** A genuine webhook of Twilio through Caddy: status and document. */
  ring(): Promise<Answer>;
  /** /start through Caddy, or at one gateway. */
  start(base?: string): Promise<Started>;
  /** A live call with the echo bot, through Caddy. */
  call(): Promise<Client>;
  close(): Promise<void>;
}

export async function startTopology(): Promise<Topology> {
  const folder = mkdtempSync(join(tmpdir(), 'hookswitch-deploy-'));
  for (const name of ['run', 'data', 'caddy']) mkdirSync(join(folder, name));
  const [redisPort, botPort, first, second, https, http, admin] = (await Promise.all(
    Array.from({ length: 7 }, freePort),
  )) as [number, number, number, number, number, number, number];
  const password = randomBytes(32).toString('hex');
  const publicKey = `pk_${randomBytes(32).toString('hex')}`;
  const publicUrl = `https://localhost:${https}`;
  const carriers = { ...moduleOf('twilio').inventCredentials(), ...moduleOf('plivo').inventCredentials() };
  const masterSecret = randomBytes(32).toString('base64url');
  secret(
    password,
    publicKey,
    masterSecret,
    carriers['TWILIO_AUTH_TOKEN'] ?? '',
    carriers['PLIVO_AUTH_TOKEN'] ?? '',
  );

  const startRedis = async (): Promise<Daemon> => {
    const started = daemon(
      'sh',
      ['deploy/redis/start.sh', '--port', String(redisPort), '--bind', '127.0.0.1'],
      {
        REDIS_PASSWORD: password,
        REDIS_RUN: join(folder, 'run'),
        REDIS_DATA: join(folder, 'data'),
      },
    );
    await vi.waitUntil(() => started.text().includes('Ready to accept connections'), { timeout: 10_000 });
    return started;
  };
  let redis = await startRedis();
  const bot = startCli(['demo-bot', '--port', String(botPort)]);
  await vi.waitUntil(() => bot.stdout().includes('ws://'), { timeout: 15_000 });

  const toml = join(folder, 'hookswitch.toml');
  writeFileSync(
    toml,
    readText('deploy/hookswitch.toml').replace('ws://bot:7861', `ws://127.0.0.1:${botPort}`),
  );
  const gateways = [first, second].map((port) => ({
    url: `http://127.0.0.1:${port}`,
    ...startCli(['serve', '--config', toml], {
      env: {
        HOST: '127.0.0.1',
        PORT: String(port),
        PUBLIC_URL: publicUrl,
        REDIS_URL: `redis://hookswitch:${password}@127.0.0.1:${redisPort}/0`,
        HOOKSWITCH_SECRETS: `k1:${masterSecret}`,
        HOOKSWITCH_PUBLIC_KEYS: publicKey,
        ...carriers,
      },
    }),
  }));
  await vi.waitUntil(() => gateways.every(({ stdout }) => stdout().includes('"msg":"listening"')), {
    timeout: 15_000,
  });

  const frontEnv = {
    ...caddyEnv(join(folder, 'caddy')),
    PUBLIC_URL: publicUrl,
    GATEWAYS: `127.0.0.1:${first} 127.0.0.1:${second}`,
    CADDY_ADMIN: `localhost:${admin}`,
    CADDY_HTTP_PORT: String(http),
    CADDY_HTTPS_PORT: String(https),
  };
  const front = daemon(
    caddy,
    ['run', '--adapter', 'caddyfile', '--config', 'deploy/caddy/Caddyfile'],
    frontEnv,
  );
  await vi.waitUntil(() => front.text().includes('serving initial configuration'), { timeout: 15_000 });

  const json = { authorization: `Bearer ${publicKey}`, 'content-type': 'application/json' };
  const send = (
    method: string,
    url: string,
    headers: Readonly<Record<string, string>>,
    body = '',
  ): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const sent = request(url, { method, headers, ca, agent: false }, (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString()));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
      });
      sent.on('error', reject);
      sent.end(body);
    });
  const start: Topology['start'] = async (base = publicUrl) => {
    const url = `${base}/v1/public/demo/start`;
    const given = '{"transport":"websocket"}';
    const { status, body } = base.startsWith('https')
      ? await send('POST', url, json, given)
      : await fetch(url, { method: 'POST', headers: json, body: given }).then(async (answer) => ({
          status: answer.status,
          body: await answer.text(),
        }));
    if (status !== 200) throw new Error(`/start was refused with ${status}: ${body}`);
    const started = JSON.parse(body) as Started;
    secret(started.token);
    return started;
  };

  const kindsOfKeys = async (): Promise<string[]> => {
    const data = join(folder, 'data');
    const port = String(redisPort);
    const plain = daemon(
      'redis-server',
      ['--port', port, '--dir', data, '--appendonly', 'yes', '--save', ''],
      {},
    );
    await vi.waitUntil(() => plain.text().includes('Ready to accept connections'), { timeout: 10_000 });
    const { text } = run('redis-cli', ['-p', port, 'keys', '*']);
    await stop(plain, 'SIGTERM');
    return [...new Set([...text.matchAll(/^hs:(\w+)/gm)].map(([, kind = '']) => kind))].toSorted();
  };

  return {
    publicUrl,
    callerEnv: { ...carriers, NODE_EXTRA_CA_CERTS: certificate },
    gateways,
    caddy: front,
    caddyEnv: frontEnv,
    redis: () => redis,
    async restartRedis() {
      redis = await startRedis();
    },
    ca,
    kindsOfKeys,
    get: async (path) => (await send('GET', `${publicUrl}${path}`, json)).status,
    async ring() {
      const call = { id: `CA${randomBytes(16).toString('hex')}`, from: '+15551230001', to: '+15551230000' };
      const webhook = { url: `${publicUrl}/webhooks/twilio`, method: 'POST' } as const;
      const { headers, body } = carrierOf('twilio', carriers).ring(
        { ...call, direction: 'inbound' },
        webhook,
        Date.now(),
      );
      return send('POST', webhook.url, headers, body);
    },
    start,
    async call() {
      const { wsUrl, token } = await start();
      return connect(`${wsUrl}/${token}`, { ca });
    },
    async close() {
      const all = [front, ...gateways, bot, redis];
      await Promise.all(all.map((process) => stop(process, 'SIGKILL')));
      rmSync(folder, { recursive: true });
    },
  };
}
