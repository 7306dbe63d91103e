import type { Carrier, DocumentAddress } from '../shared/carrier.ts';
import type { Call, Fetch, ProviderModule } from '../shared/provider.ts';
import type { CallLog } from './call-log.ts';
import type { CallerSource } from './caller-source.ts';
import type { Clock } from './clock.ts';
import type { Failure } from './failure.ts';
import type { LineResult } from './line.ts';

export type { DocumentAddress } from '../shared/carrier.ts';

/** The outside world, handed in so that tests can hand in another one. */
export interface Tools {
  readonly fetch: Fetch;
  readonly clock: Clock;
  /** Milliseconds since the Unix epoch. */
  readonly epoch: () => number;
}

/** A call while it lasts. */
export interface CallState extends Tools {
  readonly provider: ProviderModule;
  readonly carrier: Carrier;
  readonly call: Call;
  readonly webhook: DocumentAddress;
  /** Told how the call ended. */
  readonly status: DocumentAddress | null;
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
  readonly played: string[];
  /** Milliseconds since the call began. */
  answered: number | null;
  socketOpen: number | null;
  /** Callbacks so far, and all of them on their way. */
  told: number;
  telling: Promise<void>;
  /** The first thing that went wrong. */
  failure: Failure | null;
  /** Why there was no document: from there on the carrier plays a message of its own, or nothing. */
  carrierError: Failure | null;
}
