/**
 * Run in a network namespace of its own: a caller, and then a bot, of which nothing is heard any more, no reset and no
 * FIN, because no packet reaches it. Prints what the others hear, as JSON.
 */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { gatewayProcess } from '../chaos/gateway-process.ts';

/** Seconds. */
const PING_INTERVAL = 1;

const ip = (...args: readonly string[]): Buffer => execFileSync('ip', args);
/** No packet to this address arrives from now on, and nobody is told so. */
const lose = (address: string): Buffer => ip('route', 'add', 'table', 'local', 'blackhole', address);

async function botAt(host: string): Promise<WebSocketServer> {
  const server = new WebSocketServer({ host, port: 0, perMessageDeflate: false });
  await once(server, 'listening');
  return server;
}

ip('link', 'set', 'lo', 'up');
const [bot, doomed] = [await botAt('127.0.0.1'), await botAt('127.0.0.3')];
const urlOf = (server: WebSocketServer): string => {
  const { address, port } = server.address() as AddressInfo;
  return `ws://${address}:${port}/`;
};
const gateway = await gatewayProcess({
  agents: { support: urlOf(bot), doomed: urlOf(doomed) },
  limits: { ping_interval: PING_INTERVAL, close_timeout: 1 },
});

async function call(
  agent: string,
  server: WebSocketServer,
  localAddress = '127.0.0.1',
): Promise<WebSocket[]> {
  const { wsUrl, token } = await gateway.start(agent, 'websocket', {});
  const opened = once(server, 'connection') as Promise<[WebSocket]>;
  const caller = new WebSocket(`${wsUrl}/${token}`, { localAddress, perMessageDeflate: false });
  await once(caller, 'open');
  return [caller, (await opened)[0]];
}

async function codeAfter(
  socket: WebSocket | undefined,
  since: number,
): Promise<{ code: number; ms: number }> {
  if (!socket) throw new TypeError('a call has two ends');
  const [code] = (await once(socket, 'close')) as [number];
  return { code, ms: Math.round(performance.now() - since) };
}

const lasting = await call('support', bot);
const [, botOfVanished] = await call('support', bot, '127.0.0.2');
const [callerOfVanished] = await call('doomed', doomed);
const since = performance.now();
const heard = Promise.all([codeAfter(botOfVanished, since), codeAfter(callerOfVanished, since)]);
lose('127.0.0.2');
lose('127.0.0.3');
const [caller, itsBot] = await heard;
const isLasting = lasting.every(({ readyState, OPEN }) => readyState === OPEN);
process.stdout.write(`${JSON.stringify({ bot: caller, caller: itsBot, isLasting })}\n`);
await gateway.stop();
process.exit(0);
