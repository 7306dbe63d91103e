import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { relayCore, type Bench } from './bench.ts';
import type { Machine } from './machine.ts';
import { OPEN_PATH, SINGLE_THREADED, startHookswitch } from './hookswitch.ts';
import { freePort, type Running } from './processes.ts';

/** Names in tables and goals. */
export const OURS = 'hookswitch';
export const OURS_PLAIN = 'hookswitch, plain node';
export const OURS_TOKEN = 'hookswitch, one-time token';
export const OURS_MEMORY = 'hookswitch, memory';
export const OURS_REDIS = 'hookswitch, Redis';
export const OURS_NO_DISK = 'hookswitch, Redis without disk';
export const NGINX = 'nginx';
export const NGINX_AUTH = 'nginx, auth_request';
export const HAPROXY = 'HAProxy';
export const NODE_PROXIES = ['http-proxy', 'httpxy', 'ws to ws'] as const;
export const DIRECT = 'direct, no relay';

/** A relay that runs, on its core. */
export interface Contestant {
  readonly name: string;
  readonly port: number;
  readonly path: string;
  /** All that cost CPU for it. */
  readonly pids: () => number[];
  readonly stop: () => Promise<void>;
}

export interface Entry {
  readonly name: string;
  readonly start: (bench: Bench) => Promise<Contestant>;
}

/** Who relays, in the order of the tables; without those that are not installed. */
export function relays(installed: Pick<Machine, 'nginx' | 'haproxy'>): Entry[] {
  return [
    ours(OURS, [SINGLE_THREADED]),
    ours(OURS_PLAIN, []),
    ...(installed.nginx === null ? [] : [{ name: NGINX, start: startNginx }]),
    ...(installed.haproxy === null ? [] : [{ name: HAPROXY, start: startHaproxy }]),
    script('http-proxy', 'http-proxy.mjs', 'http'),
    script('httpxy', 'httpxy.mjs', 'http'),
    script('ws to ws', 'ws.mjs', 'ws'),
  ];
}

/** No relay at all: what the generator and the bot can do. */
export const direct: Entry = {
  name: DIRECT,
  start: async ({ bot }) => {
    return { name: DIRECT, port: bot.port, path: '/', pids: () => [], stop: async () => {} };
  },
};

export function ours(name: string, flags: readonly string[]): Entry {
  return {
    name,
    async start(bench) {
      const { port, running } = await startHookswitch(bench, { flags });
      return { name, port, path: OPEN_PATH, ...running };
    },
  };
}

export function script(name: string, file: string, scheme: string): Entry {
  return {
    name,
    async start({ processes, machine, root, bot }) {
      const port = await freePort();
      const path = join(root, 'bench/relays', file);
      const argv = [process.execPath, path, String(port), `${scheme}://127.0.0.1:${bot.port}`];
      const command = { name, argv, core: relayCore(machine), env: { NODE_ENV: 'production' } };
      return { name, port, path: '/', ...(await processes.serve(command, port)) };
    },
  };
}

async function startNginx(bench: Bench): Promise<Contestant> {
  const port = await freePort();
  return { name: NGINX, port, path: '/', ...(await nginx(bench, port, null)) };
}

/** Each upgrade is asked of a checker that only says yes; its CPU counts. */
export const nginxAuth: Entry = {
  name: NGINX_AUTH,
  async start(bench) {
    const checker = await script('checker', 'checker.mjs', 'http').start(bench);
    const port = await freePort();
    const running = await nginx(bench, port, checker.port);
    return {
      name: NGINX_AUTH,
      port,
      path: '/',
      pids: () => [...running.pids(), ...checker.pids()],
      async stop() {
        await running.stop();
        await checker.stop();
      },
    };
  },
};

async function nginx(
  { processes, machine, folder, bot }: Bench,
  port: number,
  checkerPort: number | null,
): Promise<Running> {
  const home = join(folder, `nginx-${port}`);
  mkdirSync(home);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const text = `worker_processes 1; daemon off; pid ${home}/pid; error_log ${home}/error.log;
worker_rlimit_nofile ${machine.maxFiles};
events { worker_connections ${machine.maxFiles}; }
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${home}/${name};`).join(' ')}
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      ${checkerPort === null ? '' : 'auth_request /auth;'}
      proxy_pass http://127.0.0.1:${bot.port}; proxy_http_version 1.1; proxy_read_timeout 3600s;
      proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;
    }
    location = /auth {
      internal; proxy_pass http://127.0.0.1:${checkerPort ?? bot.port};
      proxy_pass_request_body off; proxy_set_header Content-Length "";
      proxy_set_header X-Original-URI $request_uri;
    }
  }
}
`;
  const config = join(home, 'nginx.conf');
  writeFileSync(config, text);
  const argv = ['nginx', '-e', `${home}/error.log`, '-c', config];
  return processes.serve({ name: 'nginx', argv, core: relayCore(machine) }, port);
}

/** A call is two of its files, and it refuses to start when that is more than there may be. */
async function startHaproxy({ processes, machine, folder, bot }: Bench): Promise<Contestant> {
  const port = await freePort();
  const config = join(folder, `haproxy-${port}.cfg`);
  const text = `global
  maxconn ${Math.floor(machine.maxFiles * 0.45)}
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 1h
  timeout server 1h
  timeout tunnel 1h
frontend calls
  bind 127.0.0.1:${port} backlog 4096
  default_backend bot
backend bot
  server bot 127.0.0.1:${bot.port}
`;
  writeFileSync(config, text);
  const argv = ['haproxy', '-db', '-f', config];
  const running = await processes.serve({ name: 'HAProxy', argv, core: relayCore(machine) }, port);
  return { name: HAPROXY, port, path: '/', ...running };
}
