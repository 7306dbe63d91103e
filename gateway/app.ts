import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import * as providerModules from '../providers/index.ts';
import { memoryAnswers, type Answers, type MemoryAnswersOptions } from '../shared/answers.ts';
import type { Env } from '../shared/env.ts';
import type { Provider, ProviderModule } from '../shared/provider.ts';
import { door } from './admission.ts';
import { agentTable, type AgentTable } from './agents.ts';
import type { Config } from './config/config.ts';
import { sessionControl } from './control/control.ts';
import { descriptorLimit, roomFor } from './descriptors.ts';
import { drainOf, type Drain } from './drain.ts';
import { livez, readyz } from './health.ts';
import { httpApp, type HttpAppOptions } from './http-app.ts';
import { keyRing } from './keys.ts';
import { MAX_HEADER_BYTES, MAX_HEADERS, REQUEST_TIMEOUT } from './limits.ts';
import { liveCalls, type LiveCalls } from './live.ts';
import type { Log } from './log.ts';
import { serveMetrics, type Measured, type Scrape } from './observe/metrics-page.ts';
import { observe, type Observed, type ObserveTools, type Tracing } from './observe/observe.ts';
import { observedStore } from './observe/observed-store.ts';
import type { Observer } from './observe/observer.ts';
import { browserAgents } from './origins.ts';
import type { Lookup } from './pools/discovery.ts';
import { botPools, type BotPools } from './pools/pools.ts';
import { sessionCredentials, type SessionCredentials } from './secrets.ts';
import { sessionBodyEndpoint } from './session-body.ts';
import type { SessionStore } from './sessions/store.ts';
import { serveSockets } from './sockets.ts';
import { localStart } from './start.ts';
import { browserStartEndpoint, startEndpoint } from './start-endpoint.ts';
import { tokenSigner, type TokenSigner } from './token.ts';
import { providerWebhooks } from './webhooks.ts';

export interface GatewayOptions extends ObserveTools {
  readonly config: Config;
  readonly sessions: SessionStore;
  readonly log: Log;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** What remembers the answers to webhooks; memory of this process when not given. */
  readonly answers?: (options: MemoryAnswersOptions) => Answers;
  /** How host names of bots are looked up; as the system does it when not given. */
  readonly lookup?: Lookup;
}

/** A gateway that listens. */
export interface Gateway {
  readonly publicUrl: string;
  /** Where it really listens. */
  readonly address: AddressInfo;
  /** Where it serves metrics, when they have a port of their own here. */
  readonly metricsAddress: AddressInfo | null;
  /** All that this process measures. */
  measure(): Promise<Measured>;
  /** The same as GET /metrics answers it. */
  readonly scrape: Scrape;
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
  const { log, lookup } = options;
  let gateway: Gateway | null = null;
  // First, so that nothing else is open where this port is taken.
  const metrics =
    config.metrics && !options.scrape
      ? await serveMetrics(config.metrics, async () => (gateway ? gateway.scrape() : ''))
      : null;
  const agents = config.organizations.flatMap((organization) => organization.agents);
  const pools = botPools({ agents, log, ...(lookup && { lookup }) });
  await pools.start(); // so that nobody calls before the bots are known
  const tracing = config.telemetry
    ? (await import('./observe/tracing.ts')).startTracing(config.telemetry, options)
    : null;
  server.listen(config.port, config.host);
  await once(server, 'listening').catch(async (error: unknown) => {
    pools.stop();
    await tracing?.close();
    metrics?.close();
    throw error;
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('listening on a port has a port');
  const limits = { ...config.limits, maxSockets: room.maxSockets };
  gateway = wire(server, address, pools, tracing, { ...options, config: { ...config, limits } });
  if (!metrics) return gateway;
  const served = gateway;
  return {
    ...served,
    metricsAddress: metrics.address,
    drain: () => served.drain().finally(metrics.close),
  };
}

function wire(
  server: Server,
  address: AddressInfo,
  pools: BotPools,
  tracing: Tracing | null,
  options: GatewayOptions,
): Gateway {
  const { config, log, now } = options;
  const publicUrl =
    config.publicUrl ?? `http://${address.family === 'IPv6' ? '[::1]' : '127.0.0.1'}:${address.port}`;
  const agents = agentTable(config.organizations);
  const live = liveCalls();
  const drain = drainOf({ ...config, server, live, sessions: options.sessions, log });
  const providers = configured(config.carriers);
  const carriers = providers.map(({ name }) => name);
  const { isLeaving } = drain;
  const watched = observe({ ...options, agents, live, carriers, pools, isLeaving, tracing });
  const { observer } = watched;
  const parts: Parts = {
    ...options,
    ...drain,
    publicUrl,
    agents,
    live,
    pools,
    providers,
    watched,
    observer,
    sessions: observedStore(options.sessions, observer.stored),
    tokens: tokenSigner(config.secrets, now),
    credentials: sessionCredentials(config.secrets),
  };
  server.on('request', httpApp(routes(parts)));
  parts.sessions.onStop((id) => live.stop(id));
  serveSockets(server, {
    ...parts,
    door: door(parts),
    protocols: new Map(allProviders.map(({ name, stream }) => [name, stream])),
    limits: config.limits,
    internalUrl: config.internalUrl ?? publicUrl,
    botSecret: config.botSecret,
  });

  return {
    publicUrl,
    address,
    metricsAddress: null,
    measure: watched.measure,
    scrape: watched.scrape,
    providers: carriers,
    async drain() {
      await drain.drain().finally(pools.stop);
      await watched.close();
    },
    stopListening: () => void server.close(),
  };
}

/** What one gateway is made of. */
interface Parts extends GatewayOptions, Drain {
  readonly publicUrl: string;
  readonly agents: AgentTable;
  readonly live: LiveCalls;
  readonly pools: BotPools;
  readonly providers: readonly Provider[];
  readonly watched: Observed;
  readonly observer: Observer;
  readonly tokens: TokenSigner;
  readonly credentials: SessionCredentials;
}

/** Everything that is not a socket. */
function routes(parts: Parts): HttpAppOptions {
  const { config, agents, sessions, publicUrl, watched, providers, log, answers = memoryAnswers } = parts;
  const { organizations, limits, botSecret } = config;
  const start = localStart({
    ...parts,
    providers: allProviders.map(({ name }) => name),
    publicWsUrl: publicUrl.replace(/^http/, 'ws'),
  });
  const organization = organizations[0]?.name ?? '';
  const webhookOptions = { ...parts, organization, start, limits, answers };
  const browsers = browserAgents(agents);
  return {
    publicUrl,
    log,
    webhooks: new Map(
      providers.map((provider) => [provider.name, providerWebhooks(provider, webhookOptions)]),
    ),
    start: startEndpoint({ ...parts, start, organizationOf: keyRing(organizations, 'public') }),
    browserStart: browserStartEndpoint({ ...parts, start, agentFor: browsers.agentFor }),
    preflight: browsers.preflight,
    sessionBody: sessionBodyEndpoint(sessions, parts.credentials),
    control: sessionControl({ ...parts, organizations, limits, botSecret }),
    livez,
    readyz: readyz(sessions, parts.isLeaving, watched.lag),
    metrics: watched.metrics,
  };
}

/** Those of our providers that have their variables set. Throws ERR_CONFIG_INVALID. */
export function configured(env: Env): Provider[] {
  return allProviders.map((module) => module.configure(env)).filter((provider) => provider !== null);
}
