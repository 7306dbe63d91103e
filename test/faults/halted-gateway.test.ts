import { once } from 'node:events';
import { expect, test } from 'vitest';
import { testBot } from '../helpers/bot.ts';
import { connect } from '../helpers/client.ts';
import { gatewayOfTest, openCall, roundTrip } from './calls.ts';

test.concurrent(
  'a gateway that was halted for three ping intervals cuts nobody off',
  { timeout: 30_000 },
  async ({ onTestFinished }) => {
    const bot = await testBot();
    const gateway = await gatewayOfTest(
      { agents: { support: bot.url }, limits: { ping_interval: 1 } },
      onTestFinished,
    );
    const calls = await Promise.all(Array.from({ length: 20 }, () => openCall(gateway, bot)));
    const ends: number[] = [];
    for (const { caller, bot: its } of calls) {
      for (const socket of [caller.socket, its]) socket.on('close', (code) => void ends.push(code));
    }
    const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
    // Silent calls, some of them just asked for a sign of life when the halt begins.
    await pause(1100);
    for (const halt of [3000, 1500]) {
      gateway.child.kill('SIGSTOP');
      await pause(halt);
      gateway.child.kill('SIGCONT');
      await pause(200);
    }
    await pause(1500);
    expect(ends).toEqual([]);
    for (const call of calls) expect(await roundTrip(call)).toBeLessThan(1000);
    for (const { caller } of calls) caller.socket.close(1000);
    await Promise.all(calls.map(({ caller }) => caller.closed));
    await gateway.stop();
    await bot.close();
  },
);

test.concurrent(
  'a sign of life that came while the gateway was halted counts',
  { timeout: 30_000 },
  async ({ onTestFinished }) => {
    const bot = await testBot();
    const gateway = await gatewayOfTest(
      { agents: { support: bot.url }, limits: { ping_interval: 1 } },
      onTestFinished,
    );
    const { wsUrl, token } = await gateway.start('support', 'websocket', {});
    const caller = await connect(`${wsUrl}/${token}`, { autoPong: false });
    const [ping] = (await once(caller.socket, 'ping')) as [Buffer];
    gateway.child.kill('SIGSTOP');
    caller.socket.pong(ping);
    await new Promise((resolve) => setTimeout(resolve, 1500)); // the time to answer is over long before it runs again
    gateway.child.kill('SIGCONT');
    caller.socket.on('ping', (data) => caller.socket.pong(data));
    const next = once(caller.socket, 'ping').then(() => 'the next ping');
    expect(await Promise.race([next, caller.closed])).toBe('the next ping');
    caller.socket.close(1000);
    expect(await caller.closed).toMatchObject({ code: 1000 });
    await gateway.stop();
    await bot.close();
  },
);
