import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { root } from '../chaos/gateway-process.ts';

/** What a gateway process holds, right after a garbage collection. */
export interface Holding {
  /** Bytes, as the next four. */
  readonly rss: number;
  /** The part of it that is malloc's: what is allocated, and the holes between that it cannot give back. */
  readonly mallocHeap: number;
  readonly heapUsed: number;
  readonly external: number;
  readonly arrayBuffers: number;
  /** Timers, sockets and the like that are active, counted by kind. */
  readonly resources: Readonly<Record<string, number>>;
  readonly descriptors: number;
  /** Error lines in its log so far. */
  readonly errors: number;
}

export interface SoakedGateway {
  readonly port: number;
  /** POST /start with a body; `target` is the path of the socket, token and all. */
  start(): Promise<{ readonly session: string; readonly target: string }>;
  /** Closes the connections over which sessions were started. */
  hangUp(): void;
  holding(): Promise<Holding>;
  stop(): Promise<void>;
}

export interface SoakedGatewayOptions {
  readonly bot: string;
  /** As in [limits]. */
  readonly limits: Readonly<Record<string, number>>;
}

/**
 * glibc keeps what was freed in holes between what is not; with these it maps buffers one by one, and gives them back
 * when they are freed. @see https://man7.org/linux/man-pages/man3/mallopt.3.html (read 2026-11-21)
 */
const GIVE_BACK = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_MMAP_THRESHOLD_: '32768',
  MALLOC_TRIM_THRESHOLD_: '65536',
  MALLOC_TOP_PAD_: '0',
};

/** The gateway as a library, in a process whose garbage collection can be asked for. */
export async function soakedGateway({ bot, limits }: SoakedGatewayOptions): Promise<SoakedGateway> {
  const table = Object.entries(limits).map(([name, value]) => `${name} = ${value}`);
  const agent = ['[[agents]]', 'agent_name = "soak"', 'websocket_auth = "token"', `bots = ["${bot}"]`];
  const key = `pk_${randomBytes(32).toString('hex')}`;
  const config = {
    toml: ['listen = "127.0.0.1:0"', ...agent, '[limits]', ...table, ''].join('\n'),
    env: {
      HOOKSWITCH_SECRETS: `k1:${randomBytes(32).toString('base64url')}`,
      HOOKSWITCH_PUBLIC_KEYS: key,
    },
  };
  const child = fork(join(root, 'test/soak/gateway.mjs'), {
    // A young generation that is small and stays so: its growth would look like a leak.
    execArgv: ['--expose-gc', '--min-semi-space-size=1', '--max-semi-space-size=1'],
    env: { PATH: process.env['PATH'], SOAK_CONFIG: JSON.stringify(config), ...GIVE_BACK },
  });
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  const http = new Agent({ keepAlive: true, maxSockets: 16 });
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const path = '/v1/public/soak/start';
  const body = JSON.stringify({ transport: 'websocket', body: { caller: 'soak', note: 'x'.repeat(200) } });

  return {
    port,
    async start() {
      const asked = request({ agent: http, port, host: '127.0.0.1', method: 'POST', path, headers });
      const answered = once(asked, 'response');
      asked.end(body);
      const [answer] = (await answered) as [IncomingMessage];
      let text = '';
      for await (const chunk of answer) text += String(chunk);
      if (answer.statusCode !== 200) throw new Error(`/start answered ${answer.statusCode}: ${text}`);
      const { token, sessionId } = JSON.parse(text) as { token: string; sessionId: string };
      return { session: sessionId, target: `/ws/generic/soak.local/${token}` };
    },
    hangUp: () => http.destroy(),
    async holding() {
      child.send('holding?');
      const [told] = (await once(child, 'message')) as [{ holding: Holding }];
      return told.holding;
    },
    async stop() {
      const gone = once(child, 'exit');
      child.disconnect();
      await gone;
    },
  };
}
