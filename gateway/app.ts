import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import * as providerModules from '../providers/index.ts';
import { memoryAnswers, type Answers, type MemoryAnswersOptions } from '../shared/answers.ts';
import type { Env } from '../shared/env.ts';
import type { Provider, ProviderModule } from '../shared/provider.ts';
import { door } from './admission.ts';
import { agentTable } from './agents.ts';
import type { Config } from './config/config.ts';
import { descriptorLimit, roomFor } from './descriptors.ts';
import { drainOf } from './drain.ts';
import { livez, readyz } from './health.ts';
import { httpApp } from './http-app.ts';
import { publicKeyRing } from './keys.ts';
import { MAX_HEADER_BYTES, MAX_HEADERS, REQUEST_TIMEOUT } from './limits.ts';
import { liveCalls } from './live.ts';
import type { Log } from './log.ts';
import { browserAgents } from './origins.ts';
import { sessionCredentials } from './secrets.ts';
import { sessionBodyEndpoint } from './session-body.ts';
import type { SessionStore } from './sessions/store.ts';
import { serveSockets } from './sockets.ts';
import { localStart } from './start.ts';
import { browserStartEndpoint, startEndpoint } from './start-endpoint.ts';
import { tokenSigner } from './token.ts';
import { providerWebhooks } from './webhooks.ts';

export interface GatewayOptions {
  readonly config: Config;
  readonly sessions: SessionStore;
  readonly log: Log;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** What remembers the answers to webhooks; memory of this process when not given. */
  readonly answers?: (options: MemoryAnswersOptions) => Answers;
}

/** A gateway that listens. */
export interface Gateway {
  readonly publicUrl: string;
  /** Where it really listens. */
  readonly address: AddressInfo;
  /** Names of the carriers whose webhooks are on. */
  readonly providers: readonly string[];
  /**
   * Takes no more calls and resolves when the last one has ended, or has been ended because the configured drain time
   * is over. A second call ends them now.
   */
  drain(): Promise<void>;
  /** Takes no more connections, so that another process on the same port gets them. Live calls go on. */
  stopListening(): void;
}

/** All the project knows about carriers, by name. */
export const allProviders: readonly ProviderModule[] = Object.values(providerModules);

/** Listens, then wires every part together: the only place that knows them all. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { config } = options;
  const server = createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: REQUEST_TIMEOUT,
    requestTimeout: REQUEST_TIMEOUT,
    connectionsCheckingInterval: 1000,
  });
  const room = roomFor(config.limits.maxSockets, descriptorLimit());
  if (Number.isFinite(room.maxConnections)) server.maxConnections = room.maxConnections;
  if (room.maxSockets < config.limits.maxSockets) {
    const { maxSockets } = room;
    options.log.warn({ maxSockets }, 'max_sockets is lowered to what the descriptors allow: raise ulimit -n');
  }
  server.maxHeadersCount = MAX_HEADERS + 1; // one more, so that too many can be told from all that are allowed
  server.listen(config.port, config.host);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('listening on a port has a port');
  const limits = { ...config.limits, maxSockets: room.maxSockets };
  return wire(server, address, { ...options, config: { ...config, limits } });
}

function wire(server: Server, address: AddressInfo, options: GatewayOptions): Gateway {
  const { config, sessions, log, now, answers = memoryAnswers } = options;
  const { limits, organizations, secrets } = config;
  const publicUrl =
    config.publicUrl ?? `http://${address.family === 'IPv6' ? '[::1]' : '127.0.0.1'}:${address.port}`;
  const internalUrl = config.internalUrl ?? publicUrl;
  const agents = agentTable(organizations);
  const organization = organizations[0]?.name ?? '';
  const tokens = tokenSigner(secrets, now);
  const credentials = sessionCredentials(secrets);
  const live = liveCalls();
  const { isDraining, drain } = drainOf({ server, live, sessions, drainTimeout: config.drainTimeout, log });

  const start = localStart({
    agents,
    sessions,
    tokens,
    providers: allProviders.map(({ name }) => name),
    publicWsUrl: publicUrl.replace(/^http/, 'ws'),
    isDraining,
    now,
  });
  const providers = configured(config.carriers);
  const webhookOptions = { agents, organization, start, sessions, publicUrl, limits, answers, now, log };
  const browsers = browserAgents(agents);
  const app = httpApp({
    publicUrl,
    log,
    webhooks: new Map(
      providers.map((provider) => [provider.name, providerWebhooks(provider, webhookOptions)]),
    ),
    start: startEndpoint({ start, organizationOf: publicKeyRing(organizations), log }),
    browserStart: browserStartEndpoint({ start, agentFor: browsers.agentFor, log }),
    preflight: browsers.preflight,
    sessionBody: sessionBodyEndpoint(sessions, credentials),
    livez,
    readyz: readyz(sessions, isDraining),
  });
  server.on('request', app);
  serveSockets(server, {
    door: door({ agents, tokens, sessions, now }),
    live,
    protocols: new Map(allProviders.map(({ name, stream }) => [name, stream])),
    isDraining,
    sessions,
    limits,
    log,
    credentials,
    internalUrl,
    botSecret: config.botSecret,
    now,
  });

  return {
    publicUrl,
    address,
    providers: providers.map(({ name }) => name),
    drain,
    stopListening: () => void server.close(),
  };
}

/** Those of our providers that have their variables set. Throws ERR_CONFIG_INVALID. */
export function configured(env: Env): Provider[] {
  return allProviders.map((module) => module.configure(env)).filter((provider) => provider !== null);
}
