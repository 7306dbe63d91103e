import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { echo, freePort, testBot } from '../helpers/bot.ts';
import { knock } from '../helpers/client.ts';
import { closeObserved, expectSample, observedGateway, open, samples } from '../helpers/scrape.ts';

afterEach(closeObserved);

describe('the first message of a bot is timed from the upgrade:', () => {
  test('a greeting in the packet of its handshake counts, and so does one that comes late', async () => {
    const late = await testBot({
      talk: (socket) => void setTimeout(() => socket.send('hello'), 300),
    });
    const prompt = await testBot({ talk: (socket) => socket.send('hello') });
    const gateway = await observedGateway({ agents: { late: late.url, prompt: prompt.url } });
    const sum = 'hookswitch_first_bot_message_seconds_sum{endpoint="generic"}';
    const count = 'hookswitch_first_bot_message_seconds_count{endpoint="generic"}';
    const first = await open(gateway, 'prompt');
    await expect.poll(() => first.texts()).toEqual(['hello']);
    const before = await samples(gateway);
    expect(before.get(count)).toBe(1);
    const second = await open(gateway, 'late');
    await expect.poll(() => second.texts()).toEqual(['hello']);
    const after = await samples(gateway);
    expect(after.get(count)).toBe(2);
    expect((after.get(sum) ?? 0) - (before.get(sum) ?? 0)).toBeGreaterThan(0.29);
    first.socket.terminate();
    second.socket.terminate();
    await Promise.all([late.close(), prompt.close()]);
  });

  test('a bot that says nothing, or pings only, is not counted; one message in pieces counts once', async () => {
    const silent = await testBot({ talk: (socket) => socket.ping() });
    const pieces = await testBot({
      talk(socket) {
        socket.send('hel', { fin: false });
        socket.send('lo', { fin: true });
        echo(socket);
      },
    });
    const gateway = await observedGateway({ agents: { silent: silent.url, pieces: pieces.url } });
    const quiet = await open(gateway, 'silent');
    quiet.socket.close(1000);
    await quiet.closed;
    const count = 'hookswitch_first_bot_message_seconds_count{endpoint="generic"}';
    expect((await samples(gateway)).get(count)).toBeUndefined();
    const caller = await open(gateway, 'pieces');
    caller.socket.send('again');
    await expect.poll(() => caller.texts()).toEqual(['hello', 'again']);
    expect((await samples(gateway)).get(count)).toBe(1);
    caller.socket.terminate();
    await Promise.all([silent.close(), pieces.close()]);
  });
});

test('a caller that leaves while its bot is dialled is counted as such', async () => {
  const silent = createServer((wire) => wire.on('error', () => {}).resume()).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const gateway = await observedGateway({ agents: { slow: `ws://127.0.0.1:${port}` } });
  const { wsUrl, token } = await gateway.start('slow');
  const socket = new WebSocket(`${wsUrl}/${token}`);
  socket.on('error', () => {});
  await expectSample(gateway, 'hookswitch_sockets', 1);
  await expectSample(gateway, 'hookswitch_live_sessions{agent="slow.local"}', 1);
  socket.terminate();
  await expectSample(gateway, 'hookswitch_dial_duration_seconds_count{result="caller_left"}', 1);
  await expectSample(gateway, 'hookswitch_upgrades_total{endpoint="generic",result="caller_left"}', 1);
  await expectSample(gateway, 'hookswitch_live_sessions{agent="slow.local"}', 0);
  expect((await samples(gateway)).get('hookswitch_upgrades_total{endpoint="generic",result="opened"}')).toBe(
    undefined,
  );
  silent.close();
});

test('a bot that does not answer is out', async () => {
  const gateway = await observedGateway({ agents: { down: `ws://127.0.0.1:${await freePort()}` } });
  const { wsUrl, token } = await gateway.start('down');
  expect((await samples(gateway)).get('hookswitch_bots{agent="down.local",state="in"}')).toBe(1);
  expect((await knock(`${wsUrl}/${token}`)).status).toBe(503);
  const after = await samples(gateway);
  expect(after.get('hookswitch_bots{agent="down.local",state="in"}')).toBe(0);
  expect(after.get('hookswitch_bots{agent="down.local",state="out"}')).toBe(1);
});
