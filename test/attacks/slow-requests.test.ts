import { afterAll, beforeAll, expect, test } from 'vitest';
import { testBot, type TestBot } from '../helpers/bot.ts';
import { testGateway, type TestGateway } from '../helpers/gateway.ts';
import { expectNormalCall } from './alive.ts';
import { readAnswer, wireTo, type Wire } from './raw.ts';

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

/** Milliseconds until the gateway hangs up on somebody who sends a piece every 200 ms. */
async function patienceWith(wire: Wire, first: string, piece: string): Promise<number> {
  const since = performance.now();
  wire.send(first);
  const dripping = setInterval(() => wire.send(piece), 200);
  await wire.closed;
  clearInterval(dripping);
  return performance.now() - since;
}

test('a peer that sends its headers, its body or nothing at all by drops is gone after ten seconds; calls go on', async () => {
  const head = 'POST /start HTTP/1.1\r\nHost: a\r\n';
  const key = `Authorization: Bearer ${gateway.publicKey}\r\nContent-Type: application/json\r\n`;
  const drips: [first: string, piece: string][] = [
    ['GET /ws/generic/support.local HTTP/1.1\r\nHost: a\r\nX-A: ', 'a'],
    [head, 'X-A: b\r\n'],
    [`${head}${key}Content-Length: 100000\r\n\r\n{`, ' '],
    [`${head}${key}Transfer-Encoding: chunked\r\n\r\n`, '1\r\n \r\n'],
    ['', ''],
  ];
  const wires = Array.from({ length: 100 }, () => wireTo(gateway.port));
  const patiences = wires.map((wire, index) =>
    patienceWith(wire, ...(drips[index % drips.length] ?? ['', ''])),
  );
  for (let call = 0; call < 20; call += 1) {
    const since = performance.now();
    await expectNormalCall(gateway, 'support');
    expect(performance.now() - since).toBeLessThan(1000);
  }
  for (const patience of await Promise.all(patiences)) {
    expect(patience).toBeGreaterThan(9000);
    expect(patience).toBeLessThan(13_000);
  }
  for (const wire of wires) {
    expect([0, 408]).toContain(readAnswer(wire.received()).status);
    wire.socket.destroy();
  }
  await expectNormalCall(gateway, 'support');
}, 20_000);
