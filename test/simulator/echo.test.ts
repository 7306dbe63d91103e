import { afterEach, describe, expect, test } from 'vitest';
import { startDemoBot, type DemoBot } from '../../demo/bot.ts';
import { placeCall } from '../../simulator/place-call.ts';
import { correlation } from '../helpers/correlation.ts';
import { callOptions, modules, speech, startWebhook, streamDocument, type Webhook } from './scene.ts';

const open: (DemoBot | Webhook)[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

async function call(provider: (typeof modules)[number], source: Parameters<typeof callOptions>[2]) {
  const bot = await startDemoBot();
  const webhook = await startWebhook({ body: streamDocument(provider.name, bot.url) });
  open.push(bot, webhook);
  return placeCall(callOptions(provider, webhook.url, source));
}

describe.each(modules)('$name', (provider) => {
  test('what the caller says comes back exactly one second later', async () => {
    const report = await call(provider, { samples: speech(3, 0.8) });
    expect(report.verdict).toEqual({ ok: true });
    const { said, heard } = report.tape;
    // The melody is over before the caller speaks.
    const echo = heard.slice();
    echo.fill(0, 0, 8000);
    const lags = Array.from({ length: 101 }, (_, index) => 7200 + index * 16);
    const best = lags.toSorted((a, b) => correlation(said, echo, b) - correlation(said, echo, a))[0]!;
    expect(Math.abs(best - 8000)).toBeLessThanOrEqual(160);
    expect(correlation(said, echo, best)).toBeGreaterThan(0.9);
  });
});
