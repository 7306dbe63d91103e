import type { Telemetry } from '../config/observability.ts';
import { loggedError, type Log } from '../log.ts';
import { keyValues, type Attributes, type SpanData } from './spans.ts';

// As OpenTelemetry's own batch processor and exporter have them by default:
// https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/ (read 2026-11-21).
/** Spans that wait at most: what comes above is dropped, so that a slow collector costs no memory. */
export const MAX_QUEUE = 2048;
/** Spans in one request. */
export const MAX_BATCH = 512;
/** Milliseconds a span waits for others. */
export const SCHEDULE_DELAY = 5000;
/** Milliseconds a collector has to answer. */
const EXPORT_TIMEOUT = 10_000;
/** Milliseconds that the end of the process waits for the last spans: nobody's calls hang on them. */
const FLUSH_TIMEOUT = 2000;

export interface Exporter {
  readonly add: (span: SpanData) => void;
  /** Sends what is left, as far as FLUSH_TIMEOUT allows. Never rejects. */
  readonly close: () => Promise<void>;
}

/** Sends spans to a collector in batches, one request at a time. Trouble there is logged once, until it is over. */
export function exporter(telemetry: Telemetry, resource: Attributes, log: Log): Exporter {
  const attributes = keyValues(resource);
  const trouble = troubleLog(log);
  let queue: SpanData[] = [];
  let sending: Promise<void> | null = null;
  let timer: NodeJS.Timeout | null = null;

  async function sendAll(signal: AbortSignal | null): Promise<void> {
    while (queue.length > 0) {
      const spans = queue.slice(0, MAX_BATCH);
      queue = queue.slice(MAX_BATCH);
      const body = { resourceSpans: [{ resource: { attributes }, scopeSpans: [{ scope, spans }] }] };
      try {
        await post(telemetry, JSON.stringify(body), signal ?? AbortSignal.timeout(EXPORT_TIMEOUT));
        trouble.over();
      } catch (error) {
        trouble.met(error, spans.length);
      }
    }
  }

  /** `signal`: for all of it together. */
  function flush(signal: AbortSignal | null): Promise<void> {
    if (timer) clearTimeout(timer);
    timer = null;
    sending ??= sendAll(signal).finally(() => (sending = null));
    return sending;
  }

  return {
    add(span) {
      if (queue.length >= MAX_QUEUE) return trouble.dropped(1);
      queue.push(span);
      if (queue.length >= MAX_BATCH) void flush(null);
      else timer ??= setTimeout(() => void flush(null), SCHEDULE_DELAY).unref();
    },
    async close() {
      const signal = AbortSignal.timeout(FLUSH_TIMEOUT);
      const late = new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
      // One may be under way, which does not know that it is in a hurry.
      await Promise.race([flush(signal).then(() => flush(signal)), late]);
    },
  };
}

const scope = { name: 'hookswitch' };

/** Rejects when the collector did not take it. */
async function post({ url, headers }: Telemetry, body: string, signal: AbortSignal): Promise<void> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body,
    redirect: 'error',
    signal,
  });
  await answer.arrayBuffer();
  if (!answer.ok) throw new Error(`the collector answered ${answer.status}`);
}

interface TroubleLog {
  readonly met: (error: unknown, spans: number) => void;
  readonly dropped: (spans: number) => void;
  readonly over: () => void;
}

function troubleLog(log: Log): TroubleLog {
  let lost = 0;
  let isTold = false;
  return {
    met(error, spans) {
      lost += spans;
      if (!isTold) log.warn(loggedError(error), 'traces cannot be exported: they are dropped meanwhile');
      isTold = true;
    },
    dropped: (spans) => void (lost += spans),
    over() {
      if (lost > 0) log.info({ dropped: lost }, 'traces are exported again');
      lost = 0;
      isTold = false;
    },
  };
}
