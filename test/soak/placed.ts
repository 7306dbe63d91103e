import type { Socket } from 'node:net';
import { answered, upgradeText, wireTo } from '../attacks/raw.ts';
import type { SessionBot } from './session-bot.ts';
import type { SoakedGateway } from './soaked-gateway.ts';

/** Both ends of an open call, paused, nothing read beyond the handshakes. */
export interface Ends {
  readonly caller: Socket;
  readonly bot: Socket;
  /** What the caller got together with its 101. */
  readonly early: Buffer;
}

/** Milliseconds for a call to open. */
const PATIENCE = 10_000;

/** Opens a call. Rejects when it does not come about. */
export async function place(gateway: SoakedGateway, bot: SessionBot): Promise<Ends> {
  const { session, target } = await gateway.start();
  const dialled = bot.socketOf(session);
  const wire = wireTo(gateway.port);
  wire.send(upgradeText(target));
  await answered(wire);
  const bytes = wire.received();
  if (!bytes.toString('latin1', 0, 12).startsWith('HTTP/1.1 101'))
    throw new Error(`refused: ${String(bytes)}`);
  const late = new Promise<never>((_, reject) => {
    setTimeout(reject, PATIENCE, new Error('the bot was not dialled')).unref();
  });
  const caller = wire.socket.pause();
  const end = bytes.indexOf('\r\n\r\n') + 4;
  caller.removeAllListeners('data');
  return { caller, bot: await Promise.race([dialled, late]), early: wire.received().subarray(end) };
}
