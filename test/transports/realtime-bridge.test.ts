import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { plivo } from '../../providers/index.ts';
import { bestMatch } from '../helpers/correlation.ts';
import { testGateway, type TestGateway } from '../helpers/gateway.ts';
import { modules, speech } from '../simulator/scene.ts';
import { callThrough, startExample, type RunningExample } from './example.ts';
import { startRealtimeFake, type RealtimeFake } from './realtime-fake.ts';

let model: RealtimeFake;
let bot: RunningExample;
let gateway: TestGateway;
beforeAll(async () => {
  model = await startRealtimeFake();
  bot = await startExample('realtime-bridge', { REALTIME_URL: model.url, OPENAI_API_KEY: 'sk-test' });
  gateway = await testGateway({ agents: { bridge: bot.url } });
}, 60_000);
afterAll(async () => {
  await gateway.close();
  await bot.close();
  await model.close();
});

/** A sentence of a second, and a rest in which it can be answered. */
const sentence = Int16Array.of(...speech(1).map((sample) => sample || 2000), ...new Int16Array(8000 * 2));

describe.each(modules)('examples/realtime-bridge.ts, called over $name through the gateway', (provider) => {
  test('lets the caller hear what the model says', async () => {
    const before = model.events.length;
    const report = await callThrough(gateway, provider, {
      source: { samples: sentence, digits: [] },
      linger: 0,
    });
    expect(report.verdict).toEqual({ ok: true });
    const { said, heard } = report.tape;
    const { lag, likeness } = bestMatch(said.subarray(0, 8000), heard, 8000 * 2);
    expect(likeness).toBeGreaterThan(0.9);
    expect(lag).toBeGreaterThan(8000); // after the sentence
    const [update, create] = model.events.slice(before);
    expect(update).toMatchObject({
      type: 'session.update',
      session: { type: 'realtime', audio: { input: { format: { type: 'audio/pcm', rate: 24_000 } } } },
    });
    expect(create).toEqual({ type: 'response.create' });
    expect(model.upgrades.at(-1)?.headers.authorization).toBe('Bearer sk-test');
  });
});

test('a caller who interrupts is not talked over, and the model learns how much was heard', async () => {
  const before = model.events.length;
  // Speaks again half a second after the answer began.
  const samples = Int16Array.of(...sentence.subarray(0, 8000 * 1.9), ...sentence.subarray(0, 8000));
  const report = await callThrough(gateway, plivo, { source: { samples, digits: [] }, linger: 200 });
  expect(report.timeline.filter(({ type }) => type === 'clear').length).toBeGreaterThan(0);
  const truncate = model.events.slice(before).find(({ type }) => type === 'conversation.item.truncate');
  expect(truncate).toMatchObject({ item_id: 'item_1', content_index: 0 });
  expect(truncate?.['audio_end_ms']).toBeGreaterThan(200);
  expect(truncate?.['audio_end_ms']).toBeLessThan(1000);
});

test('a call whose model is gone ends so that the caller hears the fallback', async () => {
  const calling = callThrough(gateway, plivo, { source: { samples: sentence, digits: [] }, linger: 10_000 });
  const before = model.upgrades.length;
  await expect.poll(() => model.upgrades.length).toBe(before + 1);
  model.drop();
  const report = await calling;
  expect(report.closed).toMatchObject({ by: 'bot or gateway', code: 1011 });
  expect(report.spoken).not.toEqual([]);
});
