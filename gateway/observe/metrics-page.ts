import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AggregatorRegistry, collectDefaultMetrics, Registry } from 'prom-client';
import { GatewayError } from '../../shared/errors.ts';
import { refusal, type HttpHandler, type HttpResponse } from '../../shared/http.ts';
import { addressOf } from '../../shared/listening.ts';
import { toExpress } from '../../shared/runtime/express.ts';
import type { HostAndPort } from '../config/observability.ts';
import type { Authorize } from '../keys.ts';
import { REQUEST_TIMEOUT, RETRY_AFTER } from '../limits.ts';
import { refusalOf } from '../refusals.ts';

/** Everything one process measures, as prom-client hands it to another process. */
export type Measured = Awaited<ReturnType<Registry['getMetricsAsJSON']>>;

/** Prometheus text exposition format 0.0.4. */
export type Scrape = () => Promise<string>;

let ofProcess: Registry | null = null;

/** prom-client's own metrics: of the process, whoever shares it. Watching begins with the first scrape. */
function processMetrics(): Registry {
  if (ofProcess === null) {
    ofProcess = new Registry();
    collectDefaultMetrics({ register: ofProcess });
  }
  return ofProcess;
}

export async function measure(register: Registry): Promise<Measured> {
  return [...(await register.getMetricsAsJSON()), ...(await processMetrics().getMetricsAsJSON())];
}

/** The numbers of one process. */
export function textOf(register: Registry): Promise<string> {
  return Registry.merge([register, processMetrics()]).metrics();
}

/** Counters are added up, gauges too or as each of them says. */
export function sumOf(measured: readonly Measured[]): Promise<string> {
  return AggregatorRegistry.aggregate([...measured]).metrics();
}

/** The same, to be added up again. */
export function totalOf(measured: readonly Measured[]): Promise<Measured> {
  return AggregatorRegistry.aggregate([...measured]).getMetricsAsJSON();
}

/** What only ever grows: all that is worth keeping of a process that is gone. */
export function growingOf(measured: Measured): Measured {
  return measured.filter(({ type }) => ['counter', 'histogram'].includes(String(type)));
}

function page(body: string): HttpResponse {
  return { status: 200, headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }, body };
}

/** GET /metrics where callers come too: for whoever has a private key of the gateway's own organisation. */
export function metricsEndpoint(scrape: Scrape, organizationOf: Authorize): HttpHandler {
  return async ({ headers }) => {
    try {
      organizationOf(headers['authorization']);
    } catch (error) {
      return refusalOf(error);
    }
    try {
      return page(await scrape());
    } catch {
      const error = 'The process that has the numbers of all workers did not answer: ask again.';
      return refusal(503, '503', error, { headers: { 'retry-after': String(RETRY_AFTER) } });
    }
  };
}

export interface MetricsServer {
  readonly address: AddressInfo;
  readonly close: () => void;
}

/** GET /metrics on a port of its own, where no key is asked for. Rejects with ERR_CONFIG_INVALID when it is taken. */
export async function serveMetrics({ host, port }: HostAndPort, scrape: Scrape): Promise<MetricsServer> {
  const handler: HttpHandler = async ({ method, url }) => {
    if (!/^\/metrics(\?|$)/.test(url)) return refusal(404, '404', 'There is nothing here but /metrics.');
    if (method === 'GET') return page(await scrape());
    return refusal(405, '405', 'Metrics are read with GET.', { headers: { allow: 'GET' } });
  };
  const answer = toExpress(handler, { publicUrl: '' });
  const server = createServer(
    { headersTimeout: REQUEST_TIMEOUT, requestTimeout: REQUEST_TIMEOUT },
    (request, response) => {
      const { method = '', url = '', headersDistinct } = request;
      answer({ method, originalUrl: url, headersDistinct }, response).catch(() => response.destroy());
    },
  );
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    const cure = 'stop what listens there, or change metrics_listen';
    throw new GatewayError(
      'ERR_CONFIG_INVALID',
      `cannot listen on ${host}:${port} for metrics (${why}): ${cure}`,
    );
  }
  return {
    address: addressOf(server),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
