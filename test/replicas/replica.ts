import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { exchange } from '../chaos/exchange.ts';
import { gatewayProcess, type GatewayProcess, type GatewayProcessOptions } from '../chaos/gateway-process.ts';
import { freePort } from '../helpers/bot.ts';
import { secret } from '../helpers/leaks.ts';

/** Milliseconds a replica may need to exit after SIGTERM: longer than any drain here. */
const EXIT_PATIENCE = 90_000;
/** Milliseconds from its banner to a /readyz of 200. */
const READY_PATIENCE = 10_000;

/** One of several equal gateways, on a port that it keeps. */
export interface Replica {
  readonly name: string;
  readonly port: number;
  /** Starts it; resolves when it is ready. `variables`: over those of before. */
  start(variables?: Readonly<Record<string, string>>): Promise<void>;
  /** SIGTERM; resolves with the exit code, or the signal that it took. */
  stop(): Promise<number | string>;
  /** kill -9. */
  kill(): Promise<void>;
  /** Lines of "error" and worse, of all its lives. */
  errors(): readonly string[];
}

export async function replica(name: string, options: GatewayProcessOptions): Promise<Replica> {
  const port = await freePort();
  let env: Readonly<Record<string, string>> = { ...options.env, PORT: String(port) };
  let life: GatewayProcess | null = null;
  const lives: GatewayProcess[] = [];

  return {
    name,
    port,
    async start(variables = {}) {
      env = { ...env, ...variables };
      life = await gatewayProcess({ ...options, env });
      lives.push(life);
      await ready(port, name);
    },
    async stop() {
      const exit = (await life?.stop(EXIT_PATIENCE)) ?? 'not started';
      life = null;
      return exit;
    },
    async kill() {
      if (!life) return;
      const { child } = life;
      life = null;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
    errors: () => lives.flatMap(({ log }) => log().filter((line) => /"level":"(error|fatal)"/.test(line))),
  };
}

async function ready(port: number, name: string): Promise<void> {
  const until = Date.now() + READY_PATIENCE;
  while (Date.now() < until) {
    const asked = { port, method: 'GET', path: '/readyz', headers: {}, body: '', http: false } as const;
    if ((await exchange(asked).catch(() => null))?.status === 200) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`replica ${name} did not become ready within ${READY_PATIENCE / 1000} s`);
}

/** An entry of HOOKSWITCH_SECRETS. */
export function masterSecret(kid: string): string {
  const key = randomBytes(32).toString('base64url');
  secret(key);
  return `${kid}:${key}`;
}
