import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { freePort } from '../helpers/bot.ts';
import { startCli } from '../helpers/cli.ts';
import { connect } from '../helpers/client.ts';

// A certificate for localhost and 127.0.0.1 that is worth nothing anywhere else, good for a hundred years.
const tls = join(import.meta.dirname, '../helpers/tls');
const bot = createServer({
  key: readFileSync(join(tls, 'key.pem')),
  cert: readFileSync(join(tls, 'cert.pem')),
});
const folder = mkdtempSync(join(tmpdir(), 'hookswitch-tls-'));
afterAll(() => {
  bot.closeAllConnections();
  bot.close();
  rmSync(folder, { recursive: true });
});

test('a bot behind TLS is dialled, and asked how it is, at an address, under its name', async () => {
  const names: unknown[] = [];
  const hosts: unknown[] = [];
  let status = 503;
  bot.on('secureConnection', (socket) => names.push(socket.servername));
  bot.on('request', ({ headers }, response) => {
    hosts.push(headers.host);
    response.writeHead(status).end();
  });
  new WebSocketServer({ server: bot }).on('connection', (socket, { headers }) => {
    hosts.push(headers.host);
    socket.send('hello');
  });
  bot.listen(0, '127.0.0.1');
  await once(bot, 'listening');
  const { port: botPort } = bot.address() as AddressInfo;
  const pool = 'pool = { discovery = "dns", health = "/readyz", health_interval = 1, max_sessions = 1 }';
  const agent = `agent_name = "a"\nwebsocket_auth = "none"\nbots = ["wss://localhost:${botPort}/ws"]\n${pool}`;
  writeFileSync(join(folder, 'hookswitch.toml'), `[[agents]]\n${agent}\n`);
  const port = await freePort();
  const { child, stdout, done } = startCli(['serve'], {
    cwd: folder,
    env: {
      PORT: String(port),
      HOOKSWITCH_STATE: join(folder, 'state.json'),
      NODE_EXTRA_CA_CERTS: join(tls, 'cert.pem'),
    },
  });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await done;
  });
  await expect.poll(stdout, { timeout: 10_000 }).toContain('answered with status 503');
  status = 200;
  await expect.poll(stdout, { timeout: 5000 }).toContain('bot in again');
  const { texts } = await connect(`ws://127.0.0.1:${port}/ws/generic/a.local`);
  await expect.poll(texts).toEqual(['hello']);
  expect(new Set(names)).toEqual(new Set(['localhost']));
  expect(new Set(hosts)).toEqual(new Set([`localhost:${botPort}`]));
  expect(stdout()).toContain(`"bot":"wss://127.0.0.1:${botPort}/ws"`);
});
