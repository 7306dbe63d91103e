import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { echo, freePort } from '../helpers/bot.ts';
import { startCli, type Running } from '../helpers/cli.ts';
import { connect, knock } from '../helpers/client.ts';

// A certificate for localhost and 127.0.0.1 that is worth nothing anywhere else, good for a hundred years.
const tls = join(import.meta.dirname, '../helpers/tls');
const bot = createServer({
  key: readFileSync(join(tls, 'key.pem')),
  cert: readFileSync(join(tls, 'cert.pem')),
});
const folder = mkdtempSync(join(tmpdir(), 'hookswitch-tls-'));
let gateways: Running[] = [];

beforeAll(async () => {
  new WebSocketServer({ server: bot, perMessageDeflate: false }).on('connection', (socket) => {
    socket.send('hello');
    echo(socket);
  });
  bot.listen(0, '127.0.0.1');
  await once(bot, 'listening');
});
afterAll(async () => {
  for (const { child } of gateways) child.kill('SIGKILL');
  await Promise.all(gateways.map(({ done }) => done));
  bot.closeAllConnections();
  bot.close();
  rmSync(folder, { recursive: true });
});

/** A gateway whose agent "a" has its bot at wss://. Resolves with the URL of its socket. */
async function gatewayWith(env: Record<string, string>): Promise<string> {
  const port = await freePort();
  const { port: botPort } = bot.address() as AddressInfo;
  const agent = `agent_name = "a"\nwebsocket_auth = "none"\nbots = ["wss://localhost:${botPort}/ws"]`;
  writeFileSync(join(folder, 'hookswitch.toml'), `[[agents]]\n${agent}\n`);
  const state = join(folder, 'state.json');
  const running = startCli(['serve'], {
    cwd: folder,
    env: { PORT: String(port), HOOKSWITCH_STATE: state, ...env },
  });
  gateways = [...gateways, running];
  await expect.poll(running.stdout, { timeout: 10_000 }).toContain('"msg":"listening"');
  return `ws://127.0.0.1:${port}/ws/generic/a.local`;
}

test('a bot behind TLS gets and gives every byte, greeting included', async () => {
  const caller = await connect(await gatewayWith({ NODE_EXTRA_CA_CERTS: join(tls, 'cert.pem') }));
  const sent = Array.from({ length: 300 }, (_, index) => randomBytes(index * 300));
  for (const message of sent) caller.socket.send(message);
  await expect.poll(() => caller.messages.length, { timeout: 10_000 }).toBe(1 + sent.length);
  const hash = (data: Buffer | string): string => createHash('sha256').update(data).digest('hex');
  const [greeting, ...echoes] = caller.messages;
  expect(greeting?.data.toString()).toBe('hello');
  expect(echoes.map(({ data }) => hash(data))).toEqual(sent.map(hash));
  caller.socket.close(1000);
  expect((await caller.closed).code).toBe(1000);
});

test('a bot whose certificate nobody vouches for is no bot', async () => {
  expect((await knock(await gatewayWith({}))).status).toBe(503);
});
