import { childOf, type TraceContext } from './traceparent.ts';

export type Attributes = Readonly<Record<string, string | number | boolean>>;

/** https://github.com/open-telemetry/opentelemetry-proto/blob/v1.7.0/opentelemetry/proto/trace/v1/trace.proto (read 2026-11-21). */
const KINDS = { server: 2, client: 3 } as const;
const STATUS_ERROR = 2;

/** A span as OTLP/JSON has it: ids in hex, 64-bit numbers as text. */
export interface SpanData {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly KeyValue[];
  readonly events: readonly { readonly timeUnixNano: string; readonly name: string }[];
  readonly status: { readonly code?: number; readonly message?: string };
}

export interface KeyValue {
  readonly key: string;
  readonly value:
    | { stringValue: string }
    | { intValue: string }
    | { doubleValue: number }
    | { boolValue: boolean };
}

/** Something that is going on. */
export interface Span {
  readonly context: TraceContext;
  set(attributes: Attributes): void;
  event(name: string): void;
  /** `failure`: why it went wrong; a word of our own. Only the first call counts. */
  end(failure?: string | null): void;
}

export interface SpanOptions {
  readonly name: string;
  readonly kind: keyof typeof KINDS;
  readonly parent: TraceContext | null;
  /** When it began, where that was before now; `performance.now()`. */
  readonly since?: number;
  readonly attributes: Attributes;
}

/** `ended`: told of spans that somebody wants. `now`: milliseconds since the epoch. */
export function spanFactory(
  ended: (span: SpanData) => void,
  now: () => number,
): (options: SpanOptions) => Span {
  return ({ name, kind, parent, since = performance.now(), attributes }) => {
    const context = childOf(parent);
    const { traceId, spanId, isSampled } = context;
    const known: Record<string, string | number | boolean> = { ...attributes };
    const events: SpanData['events'][number][] = [];
    // One reading of the clock that may be set; what follows is measured on one that may not.
    const epoch = now() - performance.now();
    const nanos = (at: number): string => String(BigInt(Math.round((epoch + at) * 1000)) * 1000n);
    let isOver = false;
    return {
      context,
      set: (more) => void Object.assign(known, more),
      event: (what) => void events.push({ timeUnixNano: nanos(performance.now()), name: what }),
      end(failure = null) {
        if (isOver || !isSampled) return;
        isOver = true;
        if (failure !== null) known['error.type'] = failure;
        ended({
          traceId,
          spanId,
          ...(parent && { parentSpanId: parent.spanId }),
          name,
          kind: KINDS[kind],
          startTimeUnixNano: nanos(since),
          endTimeUnixNano: nanos(performance.now()),
          attributes: keyValues(known),
          events,
          status: failure === null ? {} : { code: STATUS_ERROR, message: failure },
        });
      },
    };
  };
}

export function keyValues(attributes: Attributes): KeyValue[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }));
}

function anyValue(value: string | number | boolean): KeyValue['value'] {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}
