import type { Env } from '../../shared/env.ts';
import type { Problems } from './problems.ts';
import { HOST_AND_PORT, parseBaseUrl, type ConfigFile } from './schema.ts';

/** What operators see of the gateway. */
export interface Observability {
  /** Where /metrics is served to whoever can reach it; null: on the main port, for holders of a private key. */
  readonly metrics: HostAndPort | null;
  /** Where traces go; null: nobody traces. */
  readonly telemetry: Telemetry | null;
}

export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

/** How an OpenTelemetry collector is reached: OTLP over HTTP, JSON. */
export interface Telemetry {
  /** The whole URL of its traces endpoint. */
  readonly url: string;
  /** Sent with every export; values may be credentials. */
  readonly headers: Readonly<Record<string, string>>;
  readonly serviceName: string;
}

/** HOOKSWITCH_METRICS_LISTEN and OTEL_* override the file. */
export function readObservability(file: ConfigFile, env: Env, found: Problems): Observability {
  return { metrics: readMetrics(file, env, found), telemetry: readTelemetry(file, env, found) };
}

/** What the collector's headers hold. */
export function telemetrySecrets({ telemetry }: Observability): readonly string[] {
  return Object.values(telemetry?.headers ?? {});
}

function readMetrics(file: ConfigFile, env: Env, found: Problems): HostAndPort | null {
  const text = env['HOOKSWITCH_METRICS_LISTEN'] || file.metrics_listen;
  if (!text) return null;
  const colon = text.lastIndexOf(':');
  const port = Number(text.slice(colon + 1));
  if (HOST_AND_PORT.test(text) && port <= 65_535) {
    return { host: text.slice(0, colon).replace(/^\[(.*)\]$/, '$1'), port };
  }
  found.add('metrics_listen', 'write "host:port", such as "127.0.0.1:9464", with a port of 0 to 65535');
  return null;
}

/**
 * The variables of OpenTelemetry's own SDKs, as far as they mean something here:
 * https://opentelemetry.io/docs/specs/otel/protocol/exporter/ (read 2026-11-21).
 */
function readTelemetry(file: ConfigFile, env: Env, found: Problems): Telemetry | null {
  const traces = env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'];
  const base = env['OTEL_EXPORTER_OTLP_ENDPOINT'] || file.telemetry.otlp_endpoint;
  const given = traces || base;
  if (!given || env['OTEL_SDK_DISABLED'] === 'true') return null;
  const name = traces ? 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT' : 'OTEL_EXPORTER_OTLP_ENDPOINT';
  const url = parseBaseUrl(given);
  if (url === null) {
    found.add(
      name,
      'must be the http:// or https:// URL of a collector, no query, such as http://127.0.0.1:4318',
    );
  }
  if (env['OTEL_EXPORTER_OTLP_PROTOCOL'] === 'grpc') {
    found.add(
      'OTEL_EXPORTER_OTLP_PROTOCOL',
      'this gateway speaks http/json: use the HTTP port of the collector',
    );
  }
  return {
    url: traces ? given : `${url ?? ''}/v1/traces`,
    headers: readHeaders(env['OTEL_EXPORTER_OTLP_HEADERS'], found),
    serviceName: env['OTEL_SERVICE_NAME'] || 'hookswitch',
  };
}

/** `name=value,name=value`, values percent-encoded. */
function readHeaders(text: string | undefined, found: Problems): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [index, entry] of (text ? text.split(',') : []).entries()) {
    const [, name = '', value = ''] =
      /^\s*([!#$%&'*+\-.^_`|~0-9A-Za-z]+)\s*=\s*([\x21-\x7e]*)\s*$/.exec(entry) ?? [];
    const decoded = headerValue(value);
    if (name !== '' && decoded !== null) headers[name.toLowerCase()] = decoded;
    else
      found.add(
        'OTEL_EXPORTER_OTLP_HEADERS',
        `entry ${index + 1} must be name=value, the value percent-encoded`,
      );
  }
  return headers;
}

function headerValue(value: string): string | null {
  try {
    const text = decodeURIComponent(value);
    return /^[\x20-\x7e]*$/.test(text) ? text : null;
  } catch {
    return null;
  }
}
