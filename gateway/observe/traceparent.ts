import { randomBytes } from 'node:crypto';

/** Which span something belongs under. Ids in lower-case hex: 16 bytes and 8. */
export interface TraceContext {
  readonly traceId: string;
  readonly spanId: string;
  /** False: whoever began the trace does not want it recorded. */
  readonly isSampled: boolean;
}

/** https://www.w3.org/TR/trace-context/#traceparent-header (read 2026-11-21), version 00; all zeros are no ids. */
const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;

/** Null for everything that is no `traceparent`: then a new trace begins. */
export function readTraceparent(text: string | undefined): TraceContext | null {
  const [, traceId, spanId, flags = ''] = TRACEPARENT.exec(text ?? '') ?? [];
  if (traceId === undefined || spanId === undefined) return null;
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

export function writeTraceparent({ traceId, spanId, isSampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`;
}

/** A span of its own under `parent`, or the first one of a new trace. */
export function childOf(parent: TraceContext | null): TraceContext {
  return {
    traceId: parent?.traceId ?? randomBytes(16).toString('hex'),
    spanId: randomBytes(8).toString('hex'),
    isSampled: parent?.isSampled ?? true,
  };
}
