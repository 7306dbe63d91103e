import type { CallState } from './call-state.ts';
import { LINE_RATE } from './caller-source.ts';
import { SLOT_SAMPLES } from './caller-voice.ts';
import type { LineResult } from './line.ts';
import type { CallReport, Milestones } from './report.ts';
import { judge } from './verdict.ts';

/** All that is known about a call that is over. */
export function reportOf(state: CallState): CallReport {
  const { provider, call, webhook, speed, lines, spoken, dialled, played, failure, carrierError } = state;
  const sum = (of: (line: LineResult) => number): number =>
    lines.reduce((total, line) => total + of(line), 0);
  const closing = lines.at(-1)?.closing ?? null;
  const samples = sum(({ received }) => received.samples);
  const wasHeard = lines.some((line) => line.wasHeard);
  return {
    provider: provider.name,
    callId: call.id,
    from: call.from,
    to: call.to,
    webhook: webhook.url,
    startedAt: new Date(state.startedAt).toISOString(),
    speed,
    verdict: judge({ failure, closing, spoken, dialled, played, samples, wasHeard }),
    milestones: milestonesOf(state),
    closed: closing,
    sent: {
      messages: sum(({ messages }) => messages),
      seconds: (sum(({ said }) => said.length) * SLOT_SAMPLES) / LINE_RATE,
    },
    received: { messages: sum(({ received }) => received.messages), seconds: samples / LINE_RATE },
    late: {
      frames: sum(({ late }) => late.frames),
      worstMs: Math.max(0, ...lines.map(({ late }) => late.worstMs)),
    },
    gaps: { count: sum(({ gaps }) => gaps.count), ms: sum(({ gaps }) => gaps.ms) },
    unheardMs: sum(({ unheardMs }) => unheardMs),
    invalidMessages: sum(({ received }) => received.invalid),
    spoken,
    dialled,
    played,
    carrierError,
    timeline: state.log.entries,
    tape: {
      said: joined(lines.flatMap(({ said }) => said)),
      heard: joined(lines.flatMap(({ heard }) => heard)),
      recording: lines.flatMap(({ recording }) => recording),
    },
  };
}

function milestonesOf({ answered, socketOpen, lines, log }: CallState): Milestones {
  const tallies = lines.map(({ received }) => received);
  const first = tallies.find(({ firstAudio }) => firstAudio !== null);
  const last = tallies.findLast(({ lastAudio }) => lastAudio !== null);
  return {
    answered,
    socketOpen,
    startSent: lines[0]?.startSent ?? null,
    firstAudio: first?.firstAudio?.atMs ?? null,
    lastAudio: last?.lastAudio?.atMs ?? null,
    ended: log.entries.at(-1)?.atMs ?? 0,
  };
}

function joined(parts: readonly Int16Array[]): Int16Array {
  const whole = new Int16Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
