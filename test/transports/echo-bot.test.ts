import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { levelOf } from '../../shared/audio.ts';
import { testGateway, type TestGateway } from '../helpers/gateway.ts';
import { modules, speech } from '../simulator/scene.ts';
import { bestMatch } from '../helpers/correlation.ts';
import { callThrough, startExample, type RunningExample } from './example.ts';

let bot: RunningExample;
let gateway: TestGateway;
beforeAll(async () => {
  bot = await startExample('echo-bot');
  gateway = await testGateway({ agents: { echo: bot.url } });
}, 60_000);
afterAll(async () => {
  await gateway.close();
  await bot.close();
});

describe.each(modules)('examples/echo-bot.ts, called over $name through the gateway', (provider) => {
  test('says back what the caller says, as it was said', async () => {
    const report = await callThrough(gateway, provider, {
      speed: 'max',
      source: { samples: speech(2, 0.2), digits: [{ digit: '#', atMs: 2400 }] },
    });
    expect(report.verdict).toEqual({ ok: true });
    expect(report.closed).toEqual({ by: 'bot or gateway', code: 1000, reason: 'the bot hung up' });
    const { said, heard } = report.tape;
    // In pieces of 200 ms: where this machine was late, what follows comes later.
    const pieces = Array.from({ length: 10 }, (_, index) => said.subarray(index * 1600, (index + 1) * 1600));
    const loud = pieces.flatMap((piece, index) =>
      levelOf(piece) < 600 ? [] : [bestMatch(piece, heard.subarray(index * 1600), 4000)],
    );
    expect(loud.length).toBeGreaterThan(5);
    expect(loud.filter(({ likeness }) => likeness > 0.99).length).toBeGreaterThanOrEqual(loud.length - 2);
    expect(bot.output()).toContain(`a call over ${provider.name}`);
  });
});
