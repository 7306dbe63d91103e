import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testBot, type TestBot } from '../helpers/bot.ts';
import { connect } from '../helpers/client.ts';
import { testGateway, type TestGateway } from '../helpers/gateway.ts';
import { expectNormalCall } from './alive.ts';

const MIB = 1024 * 1024;

let bot: TestBot;
let gateway: TestGateway;

beforeAll(async () => {
  bot = await testBot();
  gateway = await testGateway({ agents: { support: bot.url }, limits: { maxPendingBytes: 4 * MIB } });
});
afterAll(async () => {
  await gateway.close();
  await bot.close();
});

function heapUsed(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

test('bodies of calls that have ended are not held until their tokens expire', async () => {
  const call = async (): Promise<void> => {
    const { wsUrl, token } = await gateway.start('support', { body: 'x'.repeat(MIB - 2) });
    const caller = await connect(`${wsUrl}/${token}`);
    caller.socket.close(1000);
    await caller.closed;
    await expect
      .poll(async () => gateway.log.filter(({ msg }) => msg === 'call ended').length)
      .toBe((calls += 1));
  };
  let calls = 0;
  for (let warmUp = 0; warmUp < 4; warmUp += 1) await call();
  const before = heapUsed();
  for (let index = 0; index < 48; index += 1) await call();
  expect(heapUsed() - before).toBeLessThan(16 * MIB);
  await expectNormalCall(gateway, 'support');
});
