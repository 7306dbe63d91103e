import { GatewayError } from '../shared/errors.ts';
import type { Admission } from './admission.ts';
import type { Dialled } from './dial.ts';
import { refuseLeg } from './handshake.ts';
import type { LiveCall } from './live.ts';
import { refusalOf } from './refusals.ts';
import { reachBot, release, talk, type TalkOptions } from './talk.ts';
import { accept, callerLeaving, leave, type Upgrade } from './upgrade.ts';

/** /ws/generic: the bot is dialled first, so that a caller who gets 101 has somebody to talk to. */
export async function genericCall(
  upgrade: Upgrade,
  admission: Admission,
  live: LiveCall,
  options: TalkOptions,
): Promise<void> {
  const { caller } = upgrade;
  const leaving = callerLeaving(caller);
  live.close = () => leave(leaving);
  let bot: Dialled;
  try {
    bot = await reachBot(upgrade, admission, leaving, options);
  } catch (error) {
    await release(admission, error, options);
    return refuseLeg(caller, refusalOf(error));
  }
  if (!caller.hasLeft) {
    accept(upgrade, bot.subprotocol || null);
    return talk(admission, { caller, bot: bot.leg }, live, options);
  }
  bot.leg.socket.destroy();
  caller.socket.destroy();
  const failure = new GatewayError('ERR_CALL_FAILED', 'the caller left before it was answered');
  return release(admission, failure, options);
}
