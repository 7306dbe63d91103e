import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SessionRecord } from '../../gateway/sessions/store.ts';
import { testBot, type TestBot } from '../helpers/bot.ts';
import { carrierOf, openingOf } from '../helpers/carriers.ts';
import { connect, type Client } from '../helpers/client.ts';
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

/** A session without a call, whose stream names one of that many characters. */
async function claiming(
  length: number,
): Promise<{ caller: Client; ended: () => Promise<SessionRecord | null> }> {
  const carrier = carrierOf('twilio', gateway.carriers);
  const call = { ...carrier.newCall('+15557350001', '+15557350000'), id: 'C'.repeat(length) };
  const { token, sessionId } = await gateway.start('support', { transport: 'twilio' });
  const caller = await connect(`${gateway.ws}/ws/twilio/support.local/${token}`);
  const parameters = { from_number: '1'.repeat(10_000) };
  for (const message of openingOf('twilio', carrier.newStream(call, parameters))) caller.socket.send(message);
  const ended = async (): Promise<SessionRecord | null> => {
    await expect.poll(async () => (await gateway.store.find(sessionId))?.ending).toBeTruthy();
    return gateway.store.find(sessionId);
  };
  return { caller, ended };
}

test('of what a stream says of its call, little is remembered', async () => {
  const dialled = bot.next();
  const { caller, ended } = await claiming(256);
  await dialled;
  caller.socket.close(1000);
  expect((await ended())?.call?.id).toHaveLength(256);
  expect(JSON.stringify(await ended()).length).toBeLessThan(2000);
});

test('a stream whose call has a longer name than any is sent away', async () => {
  const before = bot.dials.length;
  const { caller, ended } = await claiming(257);
  expect(await caller.closed).toMatchObject({ code: 1008 });
  expect(await ended()).toMatchObject({ call: null, ending: { status: 'HANDSHAKE_REFUSED' } });
  expect(bot.dials.length).toBe(before);
});
