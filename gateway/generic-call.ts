import { GatewayError } from '../shared/errors.ts';
import type { Admission } from './admission.ts';
import type { BotLeg } from './dial.ts';
import { refuse } from './handshake.ts';
import type { LiveCall } from './live.ts';
import { refusalOf } from './refusals.ts';
import { reachBot, release, talk, type TalkOptions } from './talk.ts';
import { callerLeaving, type Upgrade } from './upgrade.ts';

/** /ws/generic: the bot is dialled first, so that a caller who gets 101 has somebody to talk to. */
export async function genericCall(
  upgrade: Upgrade,
  admission: Admission,
  live: LiveCall,
  options: TalkOptions,
): Promise<void> {
  const leaving = callerLeaving(upgrade.wire);
  live.close = leaving.abort;
  let bot: BotLeg;
  try {
    bot = await reachBot(upgrade, admission, leaving.signal, options);
  } catch (error) {
    await release(admission, error, options);
    refuse(upgrade.wire, refusalOf(error));
    return;
  } finally {
    leaving.done();
  }
  const caller = options.accept(upgrade, bot.subprotocol || null);
  if (caller) return talk(admission, { caller, bot, early: [] }, live, options);
  bot.socket.terminate();
  await release(
    admission,
    new GatewayError('ERR_CALL_FAILED', 'the caller left before it was answered'),
    options,
  );
}
