import { bytesOf, FRAME_MS, toAudio, toSamples } from '../shared/audio.ts';
import type { AudioFormat } from '../shared/stream.ts';
import type { InputFrame, OutputFrame } from '../transports/frames.ts';
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
  readonly send: (frame: OutputFrame) => void;
  readonly close: (code: number, reason: string) => void;
}

/** One caller at the echo test line. Its clock is the audio that comes in, so it is exact at any playback speed. */
export interface EchoCall {
  hear(frame: InputFrame): void;
  /** The socket is gone. */
  end(): void;
}

/** Greets, and is ready to hear. `sampleRate`: in Hz, of all audio. */
export function echoCall(sampleRate: number, { send, close }: EchoLeg): EchoCall {
  const format = { encoding: 'l16', sampleRate } as const;
  const line = delayLine(bytesOf(format, ECHO_DELAY));
  const tones = digitTones(format);
  const isVoice = voiceDetector(sampleRate);
  /** The melody is, as far as we know, still being played. */
  let greeting = true;
  let leaving: NodeJS.Timeout | null = null;

  /** All at once: the carrier keeps what it cannot play yet. */
  function burst(notes: typeof GREETING, mark: string): void {
    const audio = toAudio(play(notes, sampleRate), format.encoding);
    for (const frame of framesOf(audio, format)) say(frame);
    send({ type: 'mark', name: mark });
  }

  function say(audio: Uint8Array): void {
    send({ type: 'audio', audio, sampleRate, numChannels: 1 });
  }

  function interrupt(): void {
    greeting = false;
    send({ type: 'interruption' });
  }

  function hearAudio(audio: Uint8Array): void {
    if (greeting && isVoice(toSamples(audio, format.encoding))) interrupt();
    const tone = tones.take(audio.length);
    const echo = line.push(audio).subarray(tone.audio.length);
    const answer = Buffer.concat([tone.audio, echo]);
    if (answer.length > 0) say(answer);
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
    hear(frame) {
      if (frame.type === 'end') close(1000, 'the caller hung up');
      else if (leaving) {
        if (frame.type === 'mark' && frame.name === 'goodbye') close(1000, 'goodbye');
      } else if (frame.type === 'audio') hearAudio(frame.audio);
      else if (frame.type === 'dtmf') hearDigit(frame.digit);
      else if (frame.type === 'mark' && frame.name === 'greeting') greeting = false;
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
