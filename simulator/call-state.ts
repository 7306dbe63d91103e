import type { Carrier } from '../shared/carrier.ts';
import type { Call, Fetch, ProviderModule } from '../shared/provider.ts';
import type { CallLog } from './call-log.ts';
import type { CallerSource } from './caller-source.ts';
import type { Clock } from './clock.ts';
import type { Failure } from './failure.ts';
import type { LineResult } from './line.ts';

/** The outside world, handed in so that tests can hand in another one. */
export interface Tools {
  readonly fetch: Fetch;
  readonly clock: Clock;
  /** Milliseconds since the Unix epoch. */
  readonly epoch: () => number;
}

/** Where a document is asked for. */
export interface DocumentAddress {
  readonly url: string;
  readonly method: 'GET' | 'POST';
}

/** A call while it lasts. */
export interface CallState extends Tools {
  readonly provider: ProviderModule;
  readonly carrier: Carrier;
  readonly call: Call;
  readonly webhook: DocumentAddress;
  readonly source: CallerSource;
  readonly speed: number | 'max';
  readonly linger: number;
  readonly signal: AbortSignal;
  readonly log: CallLog;
  /** Milliseconds since the Unix epoch. */
  readonly startedAt: number;
  readonly lines: LineResult[];
  readonly spoken: string[];
  readonly dialled: string[];
  /** Milliseconds since the call began. */
  answered: number | null;
  socketOpen: number | null;
  /** The first thing that went wrong. */
  failure: Failure | null;
}
