import { toSamples } from '../shared/audio.ts';
import type { StreamCommand, StreamFacts, StreamMessage, StreamProtocol } from '../shared/stream.ts';
import type { CallerLeg } from './caller-leg.ts';
import { LINE_RATE } from './caller-source.ts';
import type { Playback } from './playback.ts';
import type { EntryType } from './report.ts';

/** What came from the bot so far. */
export interface BotTally {
  messages: number;
  samples: number;
  invalid: number;
  /** Arrival of its first and last audio. */
  firstAudio: Instant | null;
  lastAudio: Instant | null;
}

/** A moment on both clocks; see TimelineEntry. */
export interface Instant {
  readonly atMs: number;
  readonly lineMs: number;
}

export interface BotEarOptions {
  readonly protocol: StreamProtocol;
  readonly facts: StreamFacts;
  readonly leg: CallerLeg;
  readonly playback: Playback;
  /** The carrier's name for a message it does not understand. */
  readonly messageError: string | null;
  /** Adds to the timeline. */
  readonly note: (type: EntryType, text: string) => void;
  readonly now: () => Instant;
}

export interface BotEar {
  hear(message: StreamMessage): void;
  readonly tally: Readonly<BotTally>;
}

/** The carrier's side of what a bot says: plays, marks, clears, and complains. */
export function botEar(options: BotEarOptions): BotEar {
  const { protocol, leg, playback, note } = options;
  const tally: BotTally = { messages: 0, samples: 0, invalid: 0, firstAudio: null, lastAudio: null };

  function obey(command: StreamCommand): void {
    if (command.type === 'media') {
      const samples = toSamples(command.audio, options.facts.format.encoding);
      tally.samples += samples.length;
      playback.push(samples);
      tally.lastAudio = options.now();
      if (tally.firstAudio === null) note('audio', "the bot's first audio arrived");
      tally.firstAudio ??= tally.lastAudio;
    } else if (command.type === 'mark') {
      if (playback.mark(command.name)) {
        leg.send({ type: 'mark', name: command.name });
        note('mark', `"${command.name}" came back at once: nothing was waiting to be played`);
      }
    } else clear();
  }

  /** A dialect with a word for it says that it has cleared, and forgets the marks; the others return them. */
  function clear(): void {
    const waited = (playback.waiting() * 1000) / LINE_RATE;
    const marks = playback.clear();
    const isAnswered = leg.send({ type: 'cleared' });
    if (!isAnswered) for (const name of marks) leg.send({ type: 'mark', name });
    const fate = marks.length === 0 ? '' : `; ${isAnswered ? 'dropped' : 'returned'} ${quoted(marks)}`;
    note('clear', `${Math.round(waited)} ms of the bot's audio were not played${fate}`);
  }

  /** The codes are Telnyx's, the only carrier that complains on the stream itself. */
  function complain(message: StreamMessage, why: string): void {
    tally.invalid += 1;
    const code = typeof message === 'string' && message.includes('"media"') ? '100004' : '100003';
    leg.send({ type: 'error', code, detail: why });
    const name = options.messageError === null ? '' : ` (${options.messageError})`;
    note('fault', `the carrier does not understand a message of the bot${name}: ${why}`);
  }

  return {
    tally,
    hear(message) {
      tally.messages += 1;
      try {
        const command = protocol.decodeCommand(message);
        if (command) obey(command);
      } catch (error) {
        complain(message, error instanceof Error ? error.message : 'not readable');
      }
    },
  };
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ');
}
