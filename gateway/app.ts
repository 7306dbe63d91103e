import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { addressOf } from '../shared/listening.ts';
import { door } from './admission.ts';
import { endCallAfterBot } from './calls/bot-left.ts';
import { descriptorLimit, roomFor } from './descriptors.ts';
import { allProviders } from './carriers.ts';
import { httpApp } from './http-app.ts';
import { MAX_HEADER_BYTES, MAX_HEADERS, REQUEST_TIMEOUT } from './limits.ts';
import { serveMetrics, type Measured, type Scrape } from './observe/metrics-page.ts';
import { botPools } from './pools/pools.ts';
import { partsOf, type GatewayOptions, type Parts } from './parts.ts';
import { routes } from './routes.ts';
import { serveSockets } from './sockets.ts';

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
  const address = addressOf(server);
  const limits = { ...config.limits, maxSockets: room.maxSockets };
  const ground = { server, address, pools, tracing };
  gateway = wire(server, address, partsOf(ground, { ...options, config: { ...config, limits } }));
  if (!metrics) return gateway;
  const served = gateway;
  return {
    ...served,
    metricsAddress: metrics.address,
    drain: () => served.drain().finally(metrics.close),
  };
}

function wire(server: Server, address: AddressInfo, parts: Parts): Gateway {
  const { config, log, providers, pools, watched } = parts;
  server.on('request', parts.probes.before(httpApp(routes(parts))));
  parts.sessions.onStop((id) => parts.live.stop(id));
  serveSockets(server, {
    ...parts,
    door: door(parts),
    protocols: new Map(allProviders.map(({ name, stream }) => [name, stream])),
    limits: config.limits,
    internalUrl: config.internalUrl ?? parts.publicUrl,
    botSecret: config.botSecret,
    sessionOver: endCallAfterBot(parts.controls, log),
  });

  return {
    publicUrl: parts.publicUrl,
    address,
    metricsAddress: null,
    measure: watched.measure,
    scrape: watched.scrape,
    providers: providers.map(({ name }) => name),
    async drain() {
      await parts.drain().finally(pools.stop);
      await watched.close();
    },
    stopListening: () => void server.close(),
  };
}
