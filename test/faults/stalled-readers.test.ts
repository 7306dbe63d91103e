import type { WebSocket } from 'ws';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inParallel } from '../attacks/raw.ts';
import { gatewayProcess, type GatewayProcess } from '../chaos/gateway-process.ts';
import { echo, testBot, type TestBot } from '../helpers/bot.ts';
import { gatewayOfTest, closeCodeOf, openCall, roundTrip, type OpenCall } from './calls.ts';

const MIB = 1024 * 1024;
const CHUNK = Buffer.alloc(64 * 1024, 'audio');
const CHUNKS = 1024;
/** Bytes a gateway may hold for a reader that stands still. */
const HELD = 10 * MIB;
/** Milliseconds after which memory is looked at: all buffers on the way are full by then. */
const A_WHILE = 2000;

let bot: TestBot;
let echoing: TestBot;
let gateway: GatewayProcess;

beforeAll(async () => {
  [bot, echoing] = await Promise.all([testBot({ talk: () => {} }), testBot({ talk: echo })]);
  gateway = await gatewayProcess({ agents: { support: bot.url, echo: echoing.url } });
});
afterAll(async () => {
  await gateway.stop();
  await Promise.all([bot.close(), echoing.close()]);
});

/** Sends 64 MiB. */
function flood(socket: WebSocket): void {
  for (let index = 0; index < CHUNKS; index += 1) socket.send(CHUNK);
}

function arriving(socket: WebSocket): { bytes: () => number; all: Promise<void> } {
  let bytes = 0;
  const all = new Promise<void>((resolve) => {
    socket.on('message', (data: Buffer) => {
      bytes += data.length;
      if (bytes === CHUNKS * CHUNK.length) resolve();
    });
  });
  return { bytes: () => bytes, all };
}

test.each<[who: string, writer: (call: OpenCall) => WebSocket, reader: (call: OpenCall) => WebSocket]>([
  ['caller', ({ bot: its }) => its, ({ caller }) => caller.socket],
  ['bot', ({ caller }) => caller.socket, ({ bot: its }) => its],
])(
  '64 MiB towards a %s that does not read wait where they come from, and arrive when it reads again',
  { timeout: 30_000 },
  async (_, writer, reader) => {
    const warm = await openCall(gateway, bot);
    const passed = arriving(reader(warm));
    flood(writer(warm));
    await passed.all;
    warm.caller.socket.close();
    await warm.caller.closed;

    const call = await openCall(gateway, bot);
    const base = gateway.memory().now;
    const arrived = arriving(reader(call));
    reader(call).pause();
    flood(writer(call));
    let most = 0;
    const watching = setInterval(() => {
      most = Math.max(most, gateway.memory().now);
    }, 50);
    await new Promise((resolve) => setTimeout(resolve, A_WHILE));
    clearInterval(watching);
    expect(most - base).toBeLessThan(HELD);
    expect(arrived.bytes()).toBe(0);
    expect(writer(call).bufferedAmount).toBeGreaterThan(32 * MIB);
    reader(call).resume();
    await arrived.all;
    call.caller.socket.close(1000);
    expect(await call.caller.closed).toMatchObject({ code: 1000 });
  },
);

test(
  'a hundred callers that stand still slow no other call down, and are cut in the end',
  { timeout: 40_000 },
  async () => {
    const impatient = await gatewayOfTest({
      agents: { support: bot.url, echo: echoing.url },
      limits: { stall_timeout: 5 },
    });
    const other = await openCall(impatient, echoing, 'echo');
    const base = impatient.memory().now;
    const stalled: OpenCall[] = [];
    await inParallel(Array.from({ length: 100 }), 10, async () => {
      const call = await openCall(impatient, bot);
      call.caller.socket.pause();
      stalled.push(call);
    });
    const cut = Promise.all(stalled.map((call) => closeCodeOf(call.bot)));
    // Four megabytes: more than the buffers between the gateway and a caller take.
    for (const call of stalled) for (let sent = 0; sent < 64; sent += 1) call.bot.send(CHUNK);
    const trips: number[] = [];
    for (let trip = 0; trip < 100; trip += 1) trips.push(await roundTrip(other));
    trips.sort((a, b) => a - b);
    // Alone it is about one millisecond; behind a caller that stands still it would be seconds.
    expect(trips[90]).toBeLessThan(250);
    expect(impatient.memory().now - base).toBeLessThan(100 * MIB);
    expect(new Set(await cut)).toEqual(new Set([1011]));
    expect(await roundTrip(other)).toBeLessThan(1000);
    for (const { caller } of stalled) caller.socket.terminate();
    other.caller.socket.close();
    await other.caller.closed;
    await impatient.stop();
  },
);
