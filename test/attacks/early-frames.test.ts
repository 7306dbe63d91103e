import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testBot, type TestBot } from '../helpers/bot.ts';
import { testGateway, type TestGateway } from '../helpers/gateway.ts';
import { expectNormalCall } from './alive.ts';
import { maskedFrame } from './frame.ts';
import { upgradeText, wireTo } from './raw.ts';

const heard: string[] = [];
let bot: TestBot;
let gateway: TestGateway;

beforeAll(async () => {
  bot = await testBot({
    delay: 200,
    talk: (socket) =>
      socket.on('message', (data, binary) => {
        heard.push((data as Buffer).toString());
        socket.send(data, { binary });
      }),
  });
  gateway = await testGateway({ agents: { support: bot.url } });
});
afterAll(async () => {
  await gateway.close();
  await bot.close();
});

const frame = (payload: string): Buffer => maskedFrame({ opcode: 1, payload });

test('frames glued to the handshake, sent while the bot is dialled, and byte by byte, arrive in order', async () => {
  const { token } = await gateway.start('support');
  const wire = wireTo(gateway.port);
  const two = frame('two');
  const request = Buffer.from(upgradeText(`/ws/generic/support.local/${token}`), 'latin1');
  wire.send(Buffer.concat([request, frame('one'), two.subarray(0, 3)]));
  await sleep(50);
  wire.send(two.subarray(3));
  wire.send(frame('three'));
  expect(wire.received().length).toBe(0);
  await expect.poll(() => wire.received().toString('latin1')).toContain('101 Switching Protocols');
  for (const byte of frame('four')) {
    wire.send(Buffer.of(byte));
    await sleep(1);
  }
  await expect.poll(() => heard).toEqual(['one', 'two', 'three', 'four']);
  wire.socket.destroy();
  await expectNormalCall(gateway, 'support');
});
