import { afterAll, beforeAll, expect, test } from 'vitest';
import { testBot, type TestBot } from '../helpers/bot.ts';
import { connect } from '../helpers/client.ts';
import { testGateway, type TestGateway } from '../helpers/gateway.ts';
import { expectNormalCall } from './alive.ts';

let bot: TestBot;
let gateway: TestGateway;

beforeAll(async () => {
  bot = await testBot();
  gateway = await testGateway({ agents: { support: bot.url } });
});
afterAll(async () => {
  await gateway.close();
  await bot.close();
});

test.each([
  ['a line break', 'a\r\nx-evil: 1', 'a%0D%0Ax-evil%3A%201'],
  ['NUL', 'a\0b', 'a%00b'],
  ['what is no ASCII', 'Zoë 😀', 'Zo%C3%AB%20%F0%9F%98%80'],
  ['half a character', 'a\ud800b', 'a%EF%BF%BDb'],
  ['JSON', '"}{', '%22%7D%7B'],
])('%s in the facts of a call reaches the bot in one harmless header', async (_, from, header) => {
  const call = { id: 'call-1', from, to: '', direction: 'inbound' };
  const { token } = await gateway.start('support', { transport: 'twilio', call });
  const before = bot.dials.length;
  const caller = await connect(`${gateway.ws}/ws/generic/support.local/${token}`);
  const { headers = {} } = bot.dials[before] ?? {};
  expect(headers['x-call-from']).toBe(header);
  expect(headers).not.toHaveProperty('x-evil');
  expect(headers).not.toHaveProperty('x-call-to');
  caller.socket.close(1000);
  await caller.closed;
  await expectNormalCall(gateway, 'support');
});
