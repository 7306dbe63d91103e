import { connect, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { inParallel } from '../attacks/raw.ts';
import { testBot } from '../helpers/bot.ts';
import { connect as dial, type Client } from '../helpers/client.ts';
import { expectDescriptors, gatewayOfTest, openCall, roundTrip } from './calls.ts';

/** While it starts, a gateway has about 130 files open at once: those of its modules. */
const LIMIT = 144;
/** Calls that fit into it: gateway/descriptors.ts. */
const ROOM = 30;

test(
  'a gateway out of descriptors turns new connections away, keeps its calls, and recovers',
  { timeout: 30_000 },
  async () => {
    const bot = await testBot();
    const gateway = await gatewayOfTest({ agents: { support: bot.url }, descriptors: LIMIT });
    const base = gateway.descriptors();
    const live = await Promise.all(Array.from({ length: 5 }, () => openCall(gateway, bot)));
    const tokens: string[] = [];
    await inParallel(Array.from({ length: 200 }), 8, async () => {
      const { wsUrl, token } = await gateway.start('support', 'websocket', {});
      tokens.push(`${wsUrl}/${token}`);
    });

    // More calls than there are descriptors for: each is answered, with a call or a refusal, and none of them hangs.
    const opened: Client[] = [];
    let refused = 0;
    await inParallel(tokens, 200, (url) =>
      dial(url).then(
        (client) => void opened.push(client),
        () => void (refused += 1),
      ),
    );
    expect(opened.length).toBeGreaterThanOrEqual(4);
    expect(opened.length + live.length).toBeLessThanOrEqual(ROOM);
    expect(opened.length + refused).toBe(tokens.length);
    for (const call of live) expect(await roundTrip(call)).toBeLessThan(1000);

    for (const { socket } of opened) socket.close(1000);
    await Promise.all(opened.map(({ closed }) => closed));

    // Connections that say nothing take the rest.
    const silent: Socket[] = Array.from({ length: 200 }, () =>
      connect(gateway.port, '127.0.0.1').on('error', () => {}),
    );
    await new Promise((resolve) => setTimeout(resolve, 500));
    for (const call of live) expect(await roundTrip(call)).toBeLessThan(1000);
    for (const socket of silent) socket.destroy();

    await expectDescriptors(gateway, base + 2 * live.length);
    const after = await openCall(gateway, bot);
    await roundTrip(after);
    for (const { caller } of [...live, after]) caller.socket.close(1000);
    for (const { caller } of [...live, after]) expect(await caller.closed).toMatchObject({ code: 1000 });
    expect(gateway.log().filter((line) => line.includes('"level":"error"'))).toEqual([]);
    expect(await gateway.stop()).toBe(0);
    await bot.close();
  },
);
