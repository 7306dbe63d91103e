import type { Agent } from '../../gateway/agents.ts';
import { startGateway, type Gateway } from '../../gateway/app.ts';
import { allProviders } from '../../gateway/carriers.ts';
import type { GatewayOptions } from '../../gateway/parts.ts';
import { readConfig, type Config } from '../../gateway/config/config.ts';
import { invent } from '../../gateway/config/invented.ts';
import type { Limits } from '../../gateway/limits.ts';
import { createLog } from '../../gateway/log.ts';
import type { LagSource } from '../../gateway/observe/lag.ts';
import type { Lookup } from '../../gateway/pools/discovery.ts';
import { memoryStore } from '../../gateway/sessions/memory.ts';
import type { SessionStore } from '../../gateway/sessions/store.ts';
import { maskSecrets } from '../../gateway/log.ts';
import type { Env } from '../../shared/env.ts';
import { printed, secret } from './leaks.ts';

export interface TestGatewayOptions {
  /** By agent name: the URL of its bot, or a whole table in TOML without its name. */
  readonly agents: Readonly<Record<string, string>>;
  /** Lines before the agents. */
  readonly toml?: string;
  readonly env?: Env;
  readonly limits?: Partial<Limits>;
  /** Put over every agent: what a file may not say, such as a session of a tenth of a second. */
  readonly patch?: Partial<Agent>;
  readonly now?: () => number;
  readonly drainTimeout?: number;
  readonly store?: (memory: SessionStore) => SessionStore;
  readonly answers?: GatewayOptions['answers'];
  readonly lookup?: Lookup;
  readonly lag?: LagSource;
}

export interface Started {
  readonly sessionId: string;
  readonly wsUrl: string;
  readonly token: string;
}

export interface TestGateway extends Gateway {
  readonly http: string;
  readonly ws: string;
  readonly port: number;
  readonly publicKey: string;
  readonly privateKey: string;
  /** Variables of the carriers, as made up for this gateway. */
  readonly carriers: Env;
  readonly store: SessionStore;
  /** Parsed log lines so far. */
  readonly log: readonly Readonly<Record<string, unknown>>[];
  /** POST /v1/public/{agent}/start with the right key. */
  post(agent: string, body: string): Promise<Response>;
  /** Starts a session and returns the answer, which must be 200. */
  start(agent: string, request?: object): Promise<Started>;
  close(): Promise<void>;
}

/** A whole gateway on a real port, with keys and carriers' credentials made up for it. */
export async function testGateway(options: TestGatewayOptions): Promise<TestGateway> {
  const { limits, now = Date.now, drainTimeout = 0 } = options;
  const invented = invent(allProviders);
  const read = readConfig({
    toml: [options.toml ?? '', ...Object.entries(options.agents).map(agentTable)].join('\n'),
    env: { PORT: '0', ...options.env },
    modules: allProviders,
    invent: () => invented,
  });
  const organizations = read.organizations.map((organization) => ({
    ...organization,
    agents: organization.agents.map((agent) => ({ ...agent, ...options.patch })),
  }));
  const config: Config = { ...read, organizations, limits: { ...read.limits, ...limits }, drainTimeout };
  secret(invented.publicKey, invented.privateKey, ...Object.entries(invented.carriers).flatMap(secretPart));
  const log: Record<string, unknown>[] = [];
  const destination = {
    write(line: string) {
      printed(line.trimEnd());
      log.push(JSON.parse(line) as Record<string, unknown>);
    },
  };
  const memory = memoryStore(config.limits, now);
  const store = options.store?.(memory) ?? memory;
  const gateway = await startGateway({
    config,
    sessions: store,
    ...(options.answers && { answers: options.answers }),
    log: createLog(destination, maskSecrets([])),
    now,
    ...(options.lookup && { lookup: options.lookup }),
    ...(options.lag && { lag: options.lag }),
  });
  const { port } = gateway.address;
  const http = `http://127.0.0.1:${port}`;

  const post: TestGateway['post'] = (agent, body) =>
    fetch(`${http}/v1/public/${agent}/start`, {
      method: 'POST',
      body,
      headers: { authorization: `Bearer ${invented.publicKey}`, 'content-type': 'application/json' },
    });
  return {
    ...gateway,
    http,
    ws: `ws://127.0.0.1:${port}`,
    port,
    publicKey: invented.publicKey,
    privateKey: invented.privateKey,
    carriers: invented.carriers,
    store,
    log,
    post,
    async start(agent, request = {}) {
      const answer = await post(agent, JSON.stringify({ transport: 'websocket', ...request }));
      const text = await answer.text();
      if (answer.status !== 200) throw new Error(`/start answered ${answer.status}: ${text}`);
      const started = JSON.parse(text) as Started;
      secret(started.token);
      return started;
    },
    close: async () => {
      await gateway.drain();
    },
  };
}

function agentTable([name, bot]: [string, string]): string {
  const isTable = bot.includes('=') && !/^wss?:/.test(bot);
  const table = isTable ? bot : `websocket_auth = "token"\nbots = [${JSON.stringify(bot)}]`;
  return `[[agents]]\nagent_name = "${name}"\n${table}\n`;
}

/** Account ids are no secrets; everything else a carrier gives is. */
export function secretPart([name, value]: [string, string]): string[] {
  return /SID$|AUTH_ID$|PUBLIC_KEY$/.test(name) ? [] : [value];
}
