import { describe, expect, test } from 'vitest';
import type { OutputFrame } from '../../transports/frames.ts';
import { paced } from '../../transports/pacer.ts';

const RATE = 8000;

/** Audio of so many milliseconds. */
const audio = (ms: number): OutputFrame => ({
  type: 'audio',
  audio: new Uint8Array((RATE * ms * 2) / 1000),
  sampleRate: RATE,
  numChannels: 1,
});

/** Sends to nobody, and keeps what left and when, in milliseconds. */
function scene(maxWaiting = 1_000_000, isOpen = () => true) {
  const began = performance.now();
  const left: { what: string; at: number }[] = [];
  const send = paced<OutputFrame>(async (frame) => {
    const what = frame.type === 'audio' ? `${(frame.audio.length / 2 / RATE) * 1000} ms` : frame.type;
    left.push({ what, at: performance.now() - began });
    return isOpen();
  }, maxWaiting);
  return { send, left, whats: () => left.map(({ what }) => what) };
}

describe('paced audio', () => {
  test('leaves in frames of 40 ms, 160 ms before it is played', async () => {
    const { send, left, whats } = scene();
    void send(audio(100));
    expect(await send(audio(240))).toBe(true);
    expect(whats()).toEqual(['40 ms', '40 ms', '20 ms', ...Array<string>(6).fill('40 ms')]);
    for (const [index, due] of [0, 0, 0, 0, 0, 20, 60, 100, 140].entries()) {
      expect(left[index]?.at).toBeGreaterThan(due - 5);
      expect(left[index]?.at).toBeLessThan(due + 200);
    }
  });

  test('keeps the other frames between them', async () => {
    const { send, whats } = scene();
    void send(audio(80));
    void send({ type: 'text', text: 'between' });
    await send(audio(20));
    expect(whats()).toEqual(['40 ms', '40 ms', 'text', '20 ms']);
  });

  test('is forgotten at an interruption, which goes at once; what is said after it is new', async () => {
    const { send, whats } = scene();
    const long = send(audio(5000));
    const mark = send({ type: 'mark', name: 'end' });
    await expect.poll(() => whats().length).toBeGreaterThanOrEqual(5);
    const said = whats();
    await send({ type: 'interruption' });
    const next = send(audio(40));
    expect(await Promise.all([long, mark, next])).toEqual([false, false, true]);
    expect(whats()).toEqual([...said, 'interruption', '40 ms']);
  });

  test('ends with the connection', async () => {
    let isOpen = true;
    const { send, left } = scene(1_000_000, () => isOpen);
    const sending = send(audio(60_000));
    isOpen = false;
    expect(await sending).toBe(false);
    expect(left).toHaveLength(1);
  });

  test('does not wait without bounds: maxBufferedBytes, and not one byte more', async () => {
    const { send } = scene(640);
    const [first, second] = [send(audio(20)), send(audio(20))];
    await expect(send(audio(1))).rejects.toMatchObject({ code: 'ERR_SOCKET_FAILED' });
    await Promise.all([first, second]);
    expect(await send(audio(40))).toBe(true);
  });
});
