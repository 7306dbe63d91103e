import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startDemoBot } from '../../demo/bot.ts';
import { twilio } from '../../providers/index.ts';
import { levelOf, toAudio } from '../../shared/audio.ts';
import { placeCall } from '../../simulator/place-call.ts';
import { readRecordedSource } from '../../simulator/recorded-source.ts';
import { writeRecording, type RecordedFrame } from '../../simulator/recording.ts';
import { saveCall } from '../../simulator/save-call.ts';
import { shippedSource, sourceOfRecording, sourceOfWav } from '../../simulator/sources.ts';
import { facts } from './demo-caller.ts';
import { callOptions, modules, speech, startWebhook, streamDocument } from './scene.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hookswitch-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe.each(modules)('$name', (provider) => {
  test('a saved call can be played again, and is the same call to the bot', async () => {
    const bot = await startDemoBot();
    const webhook = await startWebhook({ body: streamDocument(provider.name, bot.url) });
    const digits = [{ digit: '3', atMs: 500 }];
    const first = await placeCall(callOptions(provider, webhook.url, { samples: speech(1), digits }));
    await saveCall(folder, first);
    const source = await sourceOfRecording(join(folder, 'recording.jsonl'), provider);
    const again = await placeCall({ ...callOptions(provider, webhook.url, source), linger: 0 });
    expect(again.tape.said).toEqual(first.tape.said);
    expect(source.digits).toEqual([{ digit: '3', atMs: 500 }]);
    expect(again.callId).not.toBe(first.callId);
    // A-law and µ-law are lossy once: what was said is what went over the line.
    expect((await sourceOfWav(join(folder, 'said.wav'))).samples).toEqual(first.tape.said);
    expect((await sourceOfWav(join(folder, 'heard.wav'))).samples).toEqual(first.tape.heard);
    const report = JSON.parse(await readFile(join(folder, 'timeline.json'), 'utf8'));
    expect(report).toMatchObject({ provider: provider.name, verdict: { ok: true }, callId: first.callId });
    expect(report).not.toHaveProperty('tape');
    await Promise.all([bot.close(), webhook.close()]);
  });

  test('comes with a recording: speech, 5, #, in less than 150 KB and 8 seconds', async () => {
    const { samples, digits } = await shippedSource(provider);
    expect(digits.map(({ digit }) => digit)).toEqual(['5', '#']);
    expect(samples.length / 8000).toBeGreaterThan(5);
    expect(samples.length / 8000).toBeLessThan(8);
    expect(levelOf(samples)).toBeGreaterThan(500);
    const path = new URL(`../../simulator/recordings/${provider.name}.jsonl`, import.meta.url);
    expect((await stat(fileURLToPath(path))).size).toBeLessThan(150 * 1024);
  });
});

const media = (t_ms: number, chunk: number, value: number): RecordedFrame => {
  const audio = new Uint8Array(160).fill(value);
  const event = { type: 'media', sequence: chunk + 1, chunk, timestamp: t_ms, audio } as const;
  return frame(t_ms, JSON.parse(String(twilio.stream.encodeEvent(event, facts))));
};
const frame = (t_ms: number, message: unknown): RecordedFrame => ({
  t_ms,
  direction: 'provider_to_server',
  frame: 'text',
  message,
});
const start = frame(
  0,
  JSON.parse(String(twilio.stream.encodeEvent({ type: 'start', sequence: 1, stream: facts }, facts))),
);

test('frames are joined in the order of their chunks; jitter is evened out, pauses are kept', () => {
  const frames = [start, media(21, 1, 1), media(75, 3, 3), media(55, 2, 2), media(1000, 4, 4)];
  const { samples } = readRecordedSource(writeRecording(frames), twilio.stream);
  const audio = toAudio(samples, 'mulaw');
  expect([audio[0], audio[160], audio[320], audio[480], audio[8000]]).toEqual([1, 2, 3, 0xff, 4]);
  expect(audio).toHaveLength(8160);
});

test.each([
  ['nothing', '', /no start message/],
  ['no JSON', 'x', /line 1: not JSON/],
  ['no object', '[]', /line 1: message is not an object/],
  ['no time', '{"direction":"provider_to_server","frame":"text","message":{}}', /line 1: t_ms/],
  ['a time in the next century', writeRecording([{ ...start, t_ms: 1e12 }]), /line 1: .*t_ms/],
  ['no message', '{"t_ms":0,"direction":"provider_to_server","frame":"text"}', /line 1: message/],
  ['another dialect', writeRecording([frame(0, { event: 'start' })]), /line 1: /],
  ['no audio', writeRecording([start]), /the caller says nothing/],
])('a recording with %s is refused', (_, text, message) => {
  expect(() => readRecordedSource(text, twilio.stream)).toThrow(
    expect.objectContaining({ code: 'ERR_RECORDING_INVALID', message: expect.stringMatching(message) }),
  );
});

test('a file that is not there is named', async () => {
  await expect(sourceOfWav(join(folder, 'no.wav'))).rejects.toMatchObject({
    code: 'ERR_AUDIO_UNREADABLE',
    message: expect.stringContaining('no.wav cannot be opened'),
  });
  await expect(sourceOfRecording(folder, twilio)).rejects.toMatchObject({ code: 'ERR_RECORDING_INVALID' });
});
