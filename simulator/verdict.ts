import { failureOfClosing, type Failure } from './failure.ts';
import type { Closing, Verdict } from './report.ts';

/** What decides whether a call went well. */
export interface Evidence {
  /** The first thing that went wrong before or between streams. */
  readonly failure: Failure | null;
  /** Of the last stream; null when there was none. */
  readonly closing: Closing | null;
  readonly spoken: readonly string[];
  readonly dialled: readonly string[];
  readonly played: readonly string[];
  /** Samples the bot sent, and whether any of it could be heard. */
  readonly samples: number;
  readonly wasHeard: boolean;
}

export function judge({ failure, closing, spoken, dialled, played, samples, wasHeard }: Evidence): Verdict {
  if (failure) return failed(failure);
  if (closing && closing.code !== 1000) {
    return failed(failureOfClosing(closing.by, closing.code, closing.reason));
  }
  const fallback = fallbackOf(spoken, dialled, played);
  if (fallback !== null) {
    const cure = 'look at the log of the gateway: why could it not open a session, or reach the bot?';
    return failed({ reason: `the caller got the fallback: ${fallback}`, cure });
  }
  if (!closing) {
    return failed({
      reason: 'the document opens no stream',
      cure: 'is this the webhook of an agent? Look at its document',
    });
  }
  if (samples === 0) return failed({ reason: 'the bot sent no audio', cure: 'look at the log of the bot' });
  if (!wasHeard) {
    return failed({
      reason: 'the caller heard only silence',
      cure: 'check the bot: is its audio in the format of the stream?',
    });
  }
  return { ok: true };
}

function fallbackOf(
  spoken: readonly string[],
  dialled: readonly string[],
  played: readonly string[],
): string | null {
  const parts = [
    ...spoken.map((text) => `"${text}"`),
    ...played.map((url) => `${url} was played`),
    ...dialled.map((number) => `${number} was dialled`),
  ];
  return parts.length === 0 ? null : parts.join(', ');
}

function failed(why: Failure): Verdict {
  return { ok: false, ...why };
}
