import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startDemoBot, type DemoBot } from '../../demo/bot.ts';
import { allProviders } from '../../gateway/carriers.ts';
import { placeCall } from '../../simulator/place-call.ts';
import { shippedSource } from '../../simulator/sources.ts';

import { testGateway, type TestGateway } from '../helpers/gateway.ts';
import { secret } from '../helpers/leaks.ts';

const SECRET = 'ss_for-every-carrier-without-a-webhook';
secret(SECRET);

let bot: DemoBot;
let gateway: TestGateway;

beforeAll(async () => {
  bot = await startDemoBot();
  gateway = await testGateway({
    agents: { support: bot.url },
    env: { HOOKSWITCH_STREAM_SECRETS: `support=${SECRET}` },
  });
});
afterAll(async () => {
  await gateway.close();
  await bot.close();
});

describe.concurrent.each(allProviders)('$name', (provider) => {
  test('calls the demo bot through the gateway with the caller it ships, and is understood', async () => {
    const { name } = provider;
    const url = provider.streamsOnly
      ? `${gateway.ws}/ws/${name}/support.local/${SECRET}`
      : `${gateway.http}/webhooks/${name}`;
    const report = await placeCall({
      provider,
      env: gateway.carriers,
      webhook: { url, method: 'POST' },
      from: '+15551230001',
      to: '+15551230000',
      source: await shippedSource(provider),
      speed: 'max',
    });
    expect(report.verdict).toEqual({ ok: true });
    expect(report.closed).toMatchObject({ code: 1000 });
    expect(report).toMatchObject({
      invalidMessages: 0,
      webhook: expect.not.stringContaining(SECRET) as unknown,
    });
    expect(report.timeline.filter(({ type }) => type === 'digit')).toHaveLength(2);
  });
});
