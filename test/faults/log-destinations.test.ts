import { closeSync, openSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inParallel } from '../attacks/raw.ts';
import { testBot, type TestBot } from '../helpers/bot.ts';
import { knock } from '../helpers/client.ts';
import { gatewayOfTest, openCall, roundTrip } from './calls.ts';

const MIB = 1024 * 1024;

let bot: TestBot;

beforeAll(async () => {
  bot = await testBot();
});
afterAll(() => bot.close());

test.runIf(process.platform === 'linux')('calls go on when the disk under the log is full', async () => {
  const full = openSync('/dev/full', 'w');
  const gateway = await gatewayOfTest({ agents: { support: bot.url }, stdout: full });
  for (let call = 0; call < 5; call += 1) {
    const open = await openCall(gateway, bot);
    await roundTrip(open);
    open.caller.socket.close(1000);
    expect(await open.caller.closed).toMatchObject({ code: 1000 });
  }
  expect(await gateway.stop()).toBe(0);
  closeSync(full);
});

test(
  'calls go on when nobody reads the log, and what waits for the reader is bounded',
  { timeout: 30_000 },
  async () => {
    const gateway = await gatewayOfTest({ agents: { support: bot.url } });
    gateway.child.stdout?.pause();
    const live = await openCall(gateway, bot);
    const { wsUrl } = await gateway.start('support', 'websocket', {});
    const origin = `https://${'long.'.repeat(50)}example`;
    // Each refusal is a line of half a kilobyte. The first four megabytes fill the log, and V8's young generation too.
    const refuse = (count: number): Promise<void> =>
      inParallel(Array.from({ length: count }), 20, async () => {
        expect(await knock(wsUrl, { origin })).toMatchObject({ status: 403 });
      });
    await refuse(8000);
    const base = gateway.memory().now;
    await refuse(4000);
    expect(gateway.memory().now - base).toBeLessThan(16 * MIB);
    expect(await roundTrip(live)).toBeLessThan(1000);
    live.caller.socket.close(1000);
    expect(await live.caller.closed).toMatchObject({ code: 1000 });
    gateway.child.stdout?.resume();
    await expect
      .poll(async () => {
        await refuse(1); // the next line that finds room says how many did not
        return gateway.log().some((line) => line.includes('log lines were dropped'));
      })
      .toBe(true);
    expect(await gateway.stop()).toBe(0);
  },
);
