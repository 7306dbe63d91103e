import { randomUUID } from 'node:crypto';
import type { Telemetry } from '../config/observability.ts';
import type { Log } from '../log.ts';
import type { Session } from '../sessions/store.ts';
import { exporter } from './exporter.ts';
import type { Tracing } from './observe.ts';
import { resultOf, type Asking, type CallObserver, type RequestObserver } from './observer.ts';
import { spanFactory, type Span, type SpanOptions } from './spans.ts';
import { readTraceparent, writeTraceparent } from './traceparent.ts';
import { ownVersion } from './version.ts';

type NewSpan = (options: SpanOptions) => Span;

export interface TracingOptions {
  readonly log: Log;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * One trace for each call: its webhook or /start, its socket under that, and under the socket the dialling of its bot.
 * Names follow https://opentelemetry.io/docs/specs/semconv/ (read 2026-11-21) where it has one.
 */
export function startTracing(telemetry: Telemetry, { log, now }: TracingOptions): Tracing {
  const resource = {
    'service.name': telemetry.serviceName,
    'service.version': ownVersion(),
    'service.instance.id': randomUUID(),
  };
  const { add, close } = exporter(telemetry, resource, log);
  const span = spanFactory(add, now);
  return {
    observer: {
      request: (asking) => requestSpan(asking, span),
      upgrade: (endpoint) => callSpans(endpoint, span),
      callback: () => {},
      routed: () => {},
      stored: () => {},
    },
    close,
  };
}

/** Begins with an agent: whoever has no key, or no signature, fills no collector. */
function requestSpan({ via, method, provider, traceparent }: Asking, begin: NewSpan): RequestObserver {
  const since = performance.now();
  const route = provider === null ? (via === 'page' ? '/api/start' : '/start') : `/webhooks/${provider}`;
  let span: Span | null = null;
  return {
    trace: () => (span ? writeTraceparent(span.context) : undefined),
    agent({ name, organization }) {
      span = begin({
        name: `${method} ${route}`,
        kind: 'server',
        parent: readTraceparent(traceparent),
        since,
        attributes: {
          'http.request.method': method,
          'http.route': route,
          'hookswitch.agent': name,
          'hookswitch.organization': organization,
          ...(provider === null ? {} : { 'hookswitch.provider': provider }),
        },
      });
    },
    answered(result, { sessionId, error } = {}) {
      span?.set({
        'hookswitch.result': result,
        ...(sessionId === undefined ? {} : { 'session.id': sessionId }),
      });
      span?.end(result === 'declined' ? resultOf(error) : null);
    },
  };
}

/** Begins when its session is known: what is refused before leaves no span. */
function callSpans(endpoint: string, begin: NewSpan): CallObserver {
  const since = performance.now();
  let socket: Span | null = null;
  let dial: Span | null = null;
  let failure: string | null = null;

  function enter(session: Session): void {
    socket ??= begin({
      name: `GET /ws/${endpoint}`,
      kind: 'server',
      parent: readTraceparent(session.trace),
      since,
      attributes: { 'http.route': `/ws/${endpoint}`, 'network.protocol.name': 'websocket' },
    });
    const { id, agent, organization, provider } = session;
    socket.set({
      'session.id': id,
      'hookswitch.agent': agent,
      'hookswitch.organization': organization,
      'hookswitch.provider': provider,
    });
  }

  return {
    admitted: enter,
    opened: () => socket?.set({ 'http.response.status_code': 101 }),
    refused: (result) => void (failure = result),
    dialling(bot) {
      const { hostname, port } = new URL(bot);
      dial = begin({
        name: 'dial bot',
        kind: 'client',
        parent: socket && socket.context,
        attributes: { 'server.address': hostname, ...(port !== '' && { 'server.port': Number(port) }) },
      });
    },
    dialHeaders: () => (dial ? { traceparent: writeTraceparent(dial.context) } : {}),
    dialled: (result) => dial?.end(result === 'answered' ? null : result),
    talking: () => {},
    botSpoke: () => socket?.event('bot.first_message'),
    ended({ status, endedBy, code }) {
      socket?.set({
        'hookswitch.call.status': status,
        'hookswitch.call.ended_by': endedBy,
        'hookswitch.close.code': code,
      });
      if (status !== 'WS_CONNECTION_CLOSED' && status !== 'LIMIT_REACHED') failure ??= status.toLowerCase();
    },
    left() {
      dial?.end('caller_left');
      socket?.end(failure);
    },
  };
}
