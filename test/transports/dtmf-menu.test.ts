import { afterAll, beforeAll, expect, test } from 'vitest';
import { testGateway, type TestGateway } from '../helpers/gateway.ts';
import { modules } from '../simulator/scene.ts';
import { callThrough, startExample, type RunningExample } from './example.ts';

let bot: RunningExample;
let gateway: TestGateway;
beforeAll(async () => {
  bot = await startExample('dtmf-menu');
  gateway = await testGateway({ agents: { menu: bot.url } });
}, 60_000);
afterAll(async () => {
  await gateway.close();
  await bot.close();
});

const notes = [208, 220, 440, 523, 554, 659, 784, 1047];

/** How strong one frequency is. */
function magnitude(samples: Int16Array, hertz: number): number {
  const at = (index: number): number => (2 * Math.PI * hertz * index) / 8000;
  const re = samples.reduce((sum, sample, index) => sum + sample * Math.cos(at(index)), 0);
  const im = samples.reduce((sum, sample, index) => sum + sample * Math.sin(at(index)), 0);
  return Math.hypot(re, im) / samples.length;
}

/** The notes that are heard, each once, in windows of 40 ms. */
function melodyOf(heard: Int16Array): number[] {
  const found: number[] = [];
  for (let start = 0; start + 320 <= heard.length; start += 160) {
    const window = heard.subarray(start, start + 320);
    const strengths = notes.map((note) => magnitude(window, note));
    const most = Math.max(...strengths);
    const loudest = notes[strengths.indexOf(most)] ?? 0;
    if (most > 2500 && found.at(-1) !== loudest) found.push(loudest);
  }
  return found;
}

test.concurrent.each(modules)(
  'called over $name, plays what the keys ask for, and hangs up after its goodbye',
  async (provider) => {
    const digits = [
      { digit: '1', atMs: 1500 },
      { digit: '2', atMs: 2700 },
      { digit: '5', atMs: 3900 },
      { digit: '9', atMs: 4700 },
    ];
    const report = await callThrough(gateway, provider, {
      source: { samples: new Int16Array(8000 * 8), digits },
    });
    expect(report.closed).toEqual({ by: 'bot or gateway', code: 1000, reason: 'the bot hung up' });
    expect(report.unheardMs).toBe(0);
    const welcome = [440, 554, 659];
    const keys = [523, 659, 784, 1047, 784, 659, 523];
    expect(melodyOf(report.tape.heard)).toEqual([...welcome, ...keys, 220, 208, 659, 554, 440]);
  },
);

// One after the other: which notes are heard before the key is a matter of tens of milliseconds.
test.each(modules)('called over $name, falls silent at once when a key is pressed', async (provider) => {
  const digits = [{ digit: '1', atMs: 300 }];
  const report = await callThrough(gateway, provider, {
    source: { samples: new Int16Array(8000 * 1.2), digits },
    linger: 0,
  });
  expect(report.timeline.map(({ type }) => type)).toContain('clear');
  // Of the welcome's three notes the last one is never heard before the key's.
  const heard = melodyOf(report.tape.heard).filter((note) => note !== 554);
  expect(heard).toEqual([440, 523, 659, 784, 1047]);
});
