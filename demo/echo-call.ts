import { bytesOf, FRAME_MS, toAudio, toSamples } from '../shared/audio.ts';
import type { AudioFormat, StreamCommand, StreamEvent } from '../shared/stream.ts';
import { delayLine } from './delay-line.ts';
import { digitTones } from './digit-tones.ts';
import { GOODBYE, GREETING, play } from './tones.ts';
import { voiceDetector } from './voice.ts';

/** Milliseconds of audio between what the caller says and its repetition. */
export const ECHO_DELAY = 1000;

/** Milliseconds after which the bot leaves although the carrier has not reported its goodbye as played. */
export const GOODBYE_TIMEOUT = 1500;

/** The bot's end of one call. */
export interface EchoLeg {
  readonly send: (command: StreamCommand) => void;
  readonly close: (code: number, reason: string) => void;
}

/** One caller at the echo test line. Its clock is the audio that comes in, so it is exact at any playback speed. */
export interface EchoCall {
  hear(event: StreamEvent): void;
  /** The socket is gone. */
  end(): void;
}

/** Greets, and is ready to hear. */
export function echoCall(format: AudioFormat, { send, close }: EchoLeg): EchoCall {
  const line = delayLine(bytesOf(format, ECHO_DELAY));
  const tones = digitTones(format);
  const isVoice = voiceDetector(format.sampleRate);
  /** The melody is, as far as we know, still being played. */
  let greeting = true;
  let leaving: NodeJS.Timeout | null = null;

  /** All at once: the carrier keeps what it cannot play yet. */
  function burst(notes: typeof GREETING, mark: string): void {
    for (const audio of framesOf(toAudio(play(notes, format.sampleRate), format.encoding), format)) {
      send({ type: 'media', audio });
    }
    send({ type: 'mark', name: mark });
  }

  function interrupt(): void {
    greeting = false;
    send({ type: 'clear' });
  }

  function hearAudio(audio: Uint8Array): void {
    if (greeting && isVoice(toSamples(audio, format.encoding))) interrupt();
    const tone = tones.take(audio.length);
    const echo = line.push(audio).subarray(tone.audio.length);
    const answer = Buffer.concat([tone.audio, echo]);
    if (answer.length > 0) send({ type: 'media', audio: answer });
    for (const digit of tone.ended) send({ type: 'mark', name: `digit-${digit}` });
  }

  function hearDigit(digit: string): void {
    if (digit === '#') {
      interrupt();
      burst(GOODBYE, 'goodbye');
      leaving = setTimeout(close, GOODBYE_TIMEOUT, 1000, 'goodbye');
      return;
    }
    if (greeting) interrupt();
    tones.add(digit);
  }

  burst(GREETING, 'greeting');
  return {
    hear(event) {
      if (event.type === 'stop') close(1000, 'the caller hung up');
      else if (leaving) {
        if (event.type === 'mark' && event.name === 'goodbye') close(1000, 'goodbye');
      } else if (event.type === 'media') hearAudio(event.audio);
      else if (event.type === 'dtmf') hearDigit(event.digit);
      else if (event.type === 'mark' && event.name === 'greeting') greeting = false;
    },
    end() {
      if (leaving) clearTimeout(leaving);
    },
  };
}

function* framesOf(audio: Uint8Array, format: AudioFormat): Generator<Uint8Array> {
  const size = bytesOf(format, FRAME_MS);
  for (let at = 0; at < audio.length; at += size) yield audio.subarray(at, at + size);
}
