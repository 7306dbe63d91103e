import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { expect, onTestFinished } from 'vitest';
import { gatewayProcess, type GatewayProcess, type GatewayProcessOptions } from '../chaos/gateway-process.ts';
import type { TestBot } from '../helpers/bot.ts';
import { connect, type Client } from '../helpers/client.ts';

/** Both ends of an open call. */
export interface OpenCall {
  readonly caller: Client;
  readonly bot: WebSocket;
  readonly botWire: Socket;
}

/**
 * A gateway process that does not outlive the test it is started in, however that ends. `finished`: onTestFinished of a test
 * that is concurrent.
 */
export async function gatewayOfTest(
  options: GatewayProcessOptions,
  finished: (tidy: () => void) => void = onTestFinished,
): Promise<GatewayProcess> {
  const gateway = await gatewayProcess(options);
  finished(() => void gateway.child.kill('SIGKILL'));
  return gateway;
}

/** Opens a call to an agent through a gateway process. */
export async function openCall(gateway: GatewayProcess, bot: TestBot, agent = 'support'): Promise<OpenCall> {
  const { sessionId, wsUrl, token } = await gateway.start(agent, 'websocket', {});
  const caller = await connect(`${wsUrl}/${token}`);
  const { socket, wire } = botOf(bot, sessionId);
  return { caller, bot: socket, botWire: wire };
}

/** The end of a bot that was dialled for a session. */
export function botOf(
  bot: TestBot,
  sessionId: string,
): { readonly socket: WebSocket; readonly wire: Socket } {
  const index = bot.dials.findIndex(({ headers }) => headers['x-daily-session-id'] === sessionId);
  const [socket, dial] = [bot.sockets[index], bot.dials[index]];
  if (!socket || !dial) throw new Error('the bot was not dialled for this session');
  return { socket, wire: dial.socket };
}

/** Milliseconds from the caller to the bot and back; the bot must be one that repeats what it hears. */
export async function roundTrip({ caller }: OpenCall): Promise<number> {
  const since = performance.now();
  const heard = new Promise((resolve) => void caller.socket.once('message', resolve));
  caller.socket.send('there and back');
  await heard;
  return performance.now() - since;
}

/** How the bot's end is closed. Ask before it happens. */
export function closeCodeOf(bot: WebSocket): Promise<number> {
  return new Promise((resolve) => void bot.once('close', resolve));
}

/** Waits until a gateway holds no more descriptors than before, but for a few. */
export async function expectDescriptors(gateway: GatewayProcess, base: number): Promise<void> {
  await expect.poll(() => gateway.descriptors(), { timeout: 10_000 }).toBeLessThanOrEqual(base + 5);
}
