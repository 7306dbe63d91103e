import { setTimeout as sleep } from 'node:timers/promises';
import { GatewayError } from '../shared/errors.ts';
import { isAudio } from './frames.ts';

/** Milliseconds of audio in one frame that leaves: Pipecat's `audio_out_10ms_chunks` of 4. */
const CHUNK_MS = 40;
/**
 * Milliseconds of audio that are sent ahead. A browser's player that runs dry is taken down and loses what it held: with
 * websocket-transport 1.7.1 in Chromium 156, 60 ms were enough (measured 2026-11-21).
 */
const LEAD_MS = 160;

/**
 * Sends audio as fast as it is played, a little ahead, in frames of 40 ms, and everything else in its order between them. An interruption, or a
 * `cancel`, goes at once and forgets what waits: `send` is false for that. Rejects with ERR_SOCKET_FAILED when over `maxWaiting`
 * bytes of audio would wait.
 */
export function paced<Out extends { readonly type: string }>(
  send: (frame: Out) => Promise<boolean>,
  maxWaiting: number,
): (frame: Out) => Promise<boolean> {
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  let interruptions = 0;
  /** When the audio sent so far will have been played, by the monotonic clock. */
  let playedAt = 0;

  async function say(frame: Out, isForgotten: () => boolean): Promise<boolean> {
    if (!isAudio(frame)) return !isForgotten() && send(frame);
    const { audio, sampleRate, numChannels } = frame;
    const size = Math.max(1, Math.round((sampleRate * CHUNK_MS) / 1000)) * 2 * numChannels;
    for (let at = 0; at < audio.length; at += size) {
      const wait = playedAt - LEAD_MS - performance.now();
      if (wait > 0) await sleep(wait);
      if (isForgotten()) return false;
      const part = audio.subarray(at, at + size);
      playedAt = Math.max(playedAt, performance.now()) + (part.length / size) * CHUNK_MS;
      if (!(await send({ ...frame, audio: part }))) return false;
    }
    return true;
  }

  return async (frame) => {
    if (frame.type === 'interruption' || frame.type === 'cancel') {
      interruptions += 1;
      playedAt = 0;
      return send(frame);
    }
    const size = isAudio(frame) ? frame.audio.length : 0;
    if (waiting + size > maxWaiting) {
      const sentence = `over ${maxWaiting} bytes of audio would wait for their time: await send, or raise maxBufferedBytes`;
      throw new GatewayError('ERR_SOCKET_FAILED', sentence);
    }
    waiting += size;
    const before = interruptions;
    const saying = last.then(() => say(frame, () => interruptions !== before));
    last = saying.catch(() => {}).finally(() => (waiting -= size));
    return saying;
  };
}
