import type { Env } from '../shared/env.ts';
import { GatewayError } from '../shared/errors.ts';
import type { Call, ProviderModule } from '../shared/provider.ts';
import { callLog } from './call-log.ts';
import type { CallState, DocumentAddress, Tools } from './call-state.ts';
import type { CallerSource } from './caller-source.ts';
import { wallClock } from './clock.ts';
import { reportOf } from './report-of.ts';
import type { CallReport, TimelineEntry } from './report.ts';
import { runDocument } from './run-document.ts';
import { runStream } from './run-stream.ts';
import { shownUrl } from './shown-url.ts';
import { tell } from './tell.ts';

/** Documents of one call; a redirect in a circle ends here. */
export const MAX_DOCUMENTS = 10;

/** Milliseconds of silence after the caller's last sound, before hanging up. */
export const DEFAULT_LINGER = 2000;

export interface CallOptions {
  readonly provider: ProviderModule;
  /** Holds what the carrier signs with. */
  readonly env: Env;
  /** Of a carrier without a webhook: the `url` is that of its stream, with all that opens it. */
  readonly webhook: DocumentAddress;
  /** Told how the call ended, as the settings of a number say it. */
  readonly status?: DocumentAddress | null;
  readonly from: string;
  readonly to: string;
  /** One that the carrier placed: the caller is then who was rung. A new one from `from` to `to` when not given. */
  readonly call?: Call;
  readonly source: CallerSource;
  /** How many times faster than people talk, or `max`: as fast as the other side goes along. Default 1. */
  readonly speed?: number | 'max';
  /** Milliseconds of silence after the caller's last sound, before hanging up. Default DEFAULT_LINGER. */
  readonly linger?: number;
  /** Told as it happens. */
  readonly onEvent?: (entry: TimelineEntry) => void;
  /** Hangs up. */
  readonly signal?: AbortSignal;
  readonly tools?: Tools;
}

/**
 * Places one call as the carrier would: signed webhook, document, stream, hanging up. It sees the gateway over the wire
 * only. Resolves with a report whatever happens on the way; rejects with ERR_CONFIG_INVALID when there is nothing to sign
 * with.
 */
export async function placeCall(options: CallOptions): Promise<CallReport> {
  const state = begin(options);
  if (state.provider.streamsOnly) {
    await runStream({ type: 'stream', url: options.webhook.url, parameters: {} }, state);
    return reportOf(state);
  }
  let next: DocumentAddress | null = state.webhook;
  for (let count = 0; next !== null && !state.signal.aborted; count += 1) {
    if (count === MAX_DOCUMENTS) {
      state.carrierError = {
        reason: 'the documents redirect in a circle',
        cure: 'end one of them with a hang-up',
      };
      state.failure ??= state.carrierError;
      break;
    }
    next = await runDocument(next, state);
  }
  const seconds = Math.round((state.log.elapsed() - (state.answered ?? 0)) / 1000);
  tell({ type: 'completed', duration: seconds, cause: null }, state.status, state);
  await state.telling;
  return reportOf(state);
}

function begin(options: CallOptions): CallState {
  const { provider, env, from, to, webhook, source, speed = 1, linger = DEFAULT_LINGER } = options;
  const { onEvent = () => {}, signal = new AbortController().signal } = options;
  const tools = options.tools ?? { fetch, clock: wallClock, epoch: Date.now };
  const carrier = provider.carrier(env);
  if (!carrier) throw nothingToSignWith(provider);
  return {
    ...tools,
    provider,
    carrier,
    call: options.call ?? carrier.newCall(from, to),
    webhook: { ...webhook, url: shownUrl(provider, webhook.url) },
    source,
    speed,
    linger,
    signal,
    log: callLog(tools.clock, onEvent),
    startedAt: tools.epoch(),
    lines: [],
    spoken: [],
    dialled: [],
    played: [],
    status: options.status ?? null,
    told: 0,
    telling: Promise.resolve(),
    answered: null,
    socketOpen: null,
    failure: null,
    carrierError: null,
  };
}

function nothingToSignWith(provider: ProviderModule): GatewayError {
  const needed = Object.keys(provider.inventCredentials()).join(', ');
  return new GatewayError(
    'ERR_CONFIG_INVALID',
    `there is nothing to sign as ${provider.name} with: set ${needed}, or start a gateway with nothing configured`,
  );
}
