import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { relayCore, type Bench } from './bench.ts';
import { freePort, type Running } from './processes.ts';

/** A gateway with agents that let in everybody, that ask for a token, and that have many bots. All bots are the same. */
export interface Hookswitch {
  readonly port: number;
  readonly running: Running;
  readonly publicKey: string;
  readonly twilio: { readonly accountSid: string; readonly authToken: string };
}

export const OPEN_AGENT = 'a';
export const TOKEN_AGENT = 't';
/** Asks for a token, and for a seat at one of its bots. */
export const POOL_AGENT = 'p';
export const POOL_SIZE = 10;
/** Where the relay is without a token. */
export const OPEN_PATH: string = pathOf(OPEN_AGENT);
export const TOKEN_PATH: string = pathOf(TOKEN_AGENT);

export function pathOf(agent: string): string {
  return `/ws/generic/${agent}.local`;
}

/** Of Node: without it, V8's helper threads compete with the relay for its one core. */
export const SINGLE_THREADED = '--single-threaded';

export interface HookswitchOptions {
  /** Of Node. */
  readonly flags: readonly string[];
  readonly workers?: number;
  readonly pinned?: boolean;
  readonly botPort?: number;
  /** Where the sessions are kept; without it in the gateway's memory. */
  readonly redisUrl?: string | undefined;
}

/** Its log goes into a pipe, as under a container runtime. Its limits are raised to what is asked of it here. */
export async function startHookswitch(
  { processes, machine, product, folder, bot }: Bench,
  { flags, workers, pinned = true, botPort = bot.port, redisUrl }: HookswitchOptions,
): Promise<Hookswitch> {
  const port = await freePort();
  const config = join(folder, `hookswitch-${port}.toml`);
  writeFileSync(config, toml(port, botPort, workers));
  const publicKey = `pk_${randomBytes(32).toString('hex')}`;
  const twilio = {
    accountSid: `AC${randomBytes(16).toString('hex')}`,
    authToken: randomBytes(16).toString('hex'),
  };
  const command = {
    name: 'hookswitch',
    argv: [process.execPath, ...flags, join(product, 'cli/main.js'), 'serve', '--config', config],
    core: pinned ? relayCore(machine) : null,
    env: {
      NODE_ENV: 'production',
      HOOKSWITCH_STATE: join(folder, `state-${port}.json`),
      HOOKSWITCH_SECRETS: `k1:${randomBytes(32).toString('base64url')}`,
      HOOKSWITCH_PUBLIC_KEYS: publicKey,
      TWILIO_ACCOUNT_SID: twilio.accountSid,
      TWILIO_AUTH_TOKEN: twilio.authToken,
      ...(redisUrl === undefined ? {} : { REDIS_URL: redisUrl }),
    },
  };
  return { port, running: await processes.serve(command, port), publicKey, twilio };
}

function toml(port: number, botPort: number, workers: number | undefined): string {
  const bots = (count: number): string =>
    Array.from({ length: count }, (_, index) => `"ws://127.0.0.1:${botPort}/${index || ''}"`).join(', ');
  const agent = (name: string, auth: string, count = 1): string =>
    `[[agents]]\nagent_name = "${name}"\nwebsocket_auth = "${auth}"\nbots = [${bots(count)}]\n`;
  return [
    `listen = "127.0.0.1:${port}"`,
    ...(workers === undefined ? [] : [`workers = ${workers}`]),
    agent(OPEN_AGENT, 'none'),
    agent(TOKEN_AGENT, 'token'),
    agent(POOL_AGENT, 'token', POOL_SIZE),
    '[limits]\nmax_sockets = 100000\nmax_pending = 2000000\nmax_pending_bytes = 2147483648\n',
  ].join('\n');
}
