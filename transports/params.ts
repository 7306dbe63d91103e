import type { IncomingMessage } from 'node:http';
import { GatewayError } from '../shared/errors.ts';
import { checkRate } from './resampler.ts';
import type { FrameSerializer } from './serializer.ts';
import type { Session } from './session.ts';

/** Bytes of one message; a longer one closes the socket with 1009. What Python's websockets takes, and so Pipecat does. */
export const DEFAULT_MAX_MESSAGE: number = 1024 * 1024;

/** Bytes that wait for a reader; one that lags further behind is closed with 1008. Eleven minutes of G.711 as carriers take it. */
export const DEFAULT_MAX_BUFFERED: number = 8 * 1024 * 1024;

/** Seconds between pings; a connection without a sign of life from one to the next is cut. As Python's websockets. */
export const DEFAULT_PING_INTERVAL = 20;

/** Seconds that the other side has to answer a close frame. */
export const DEFAULT_CLOSE_TIMEOUT = 5;

/** One object, or a function that makes one for every connection: carriers' serializers know their call. */
export type SerializerSource<In, Out extends { readonly type: string }> =
  | FrameSerializer<In, Out>
  | ((request: IncomingMessage | null) => FrameSerializer<In, Out>);

/** What both transports take. */
export interface TransportParams<In, Out extends { readonly type: string }> {
  readonly serializer: SerializerSource<In, Out>;
  /** Every audio frame goes out as a WAV file of its own. Carriers' serializers send bare samples whatever it says. */
  readonly addWavHeader?: boolean;
  /** Hz that the bot wants to hear, 8000 to 48000. Default: as it comes. Pipecat's pipelines ask for 16000. */
  readonly audioInSampleRate?: number;
  /**
   * Audio leaves as fast as it is played, so that an interruption stops it. For clients that cannot be told to forget what they
   * have, such as Pipecat's browser client; carriers can. Default false.
   */
  readonly audioOutPaced?: boolean;
  /** Default DEFAULT_MAX_MESSAGE. */
  readonly maxMessageBytes?: number;
  /** Default DEFAULT_MAX_BUFFERED. */
  readonly maxBufferedBytes?: number;
  /** Seconds; 0 turns it off. Default DEFAULT_PING_INTERVAL. */
  readonly pingInterval?: number;
  /** Seconds. Default DEFAULT_CLOSE_TIMEOUT. */
  readonly closeTimeout?: number;
  /**
   * Ends the phone call itself; called once, when the bot sends `end` or `cancel`, before the socket is closed. A bot behind
   * the gateway needs none: closing with 1000 hangs up. It has 5 s.
   */
  readonly hangUp?: (session: Session<In, Out>) => void | Promise<void>;
}

/** Params with nothing left out that a session needs. */
export interface SessionParams<In, Out extends { readonly type: string }> {
  readonly addWavHeader: boolean;
  readonly audioInSampleRate: number | null;
  readonly audioOutPaced: boolean;
  readonly maxMessageBytes: number;
  readonly maxBufferedBytes: number;
  readonly pingInterval: number;
  readonly closeTimeout: number;
  readonly hangUp: TransportParams<In, Out>['hangUp'];
}

/** Throws ERR_CONFIG_INVALID, ERR_AUDIO_UNREADABLE. */
export function sessionParams<In, Out extends { readonly type: string }>(
  params: TransportParams<In, Out>,
  addWavHeader: boolean,
): SessionParams<In, Out> {
  const { audioInSampleRate = null } = params;
  if (audioInSampleRate !== null) checkRate(audioInSampleRate);
  return {
    addWavHeader: params.addWavHeader ?? addWavHeader,
    audioInSampleRate,
    audioOutPaced: params.audioOutPaced ?? false,
    maxMessageBytes: positive('maxMessageBytes', params.maxMessageBytes ?? DEFAULT_MAX_MESSAGE),
    maxBufferedBytes: positive('maxBufferedBytes', params.maxBufferedBytes ?? DEFAULT_MAX_BUFFERED),
    pingInterval: seconds('pingInterval', params.pingInterval ?? DEFAULT_PING_INTERVAL),
    closeTimeout: seconds('closeTimeout', params.closeTimeout ?? DEFAULT_CLOSE_TIMEOUT),
    hangUp: params.hangUp,
  };
}

/** Throws ERR_CONFIG_INVALID for anything but a whole number from 1 on. */
export function positive(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new GatewayError('ERR_CONFIG_INVALID', `params.${name} is ${value}: give a whole number from 1 on`);
}

/** Longest time of a timer: 2^31 - 1 ms. */
const MAX_SECONDS = 2_147_483;

/** Throws ERR_CONFIG_INVALID for what no timer can wait. */
export function seconds(name: string, value: number): number {
  if (value >= 0 && value <= MAX_SECONDS) return value;
  throw new GatewayError(
    'ERR_CONFIG_INVALID',
    `params.${name} is ${value}: give seconds, 0 to ${MAX_SECONDS}`,
  );
}
