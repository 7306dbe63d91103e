import { GatewayError } from '../shared/errors.ts';
import type { Admission } from './admission.ts';
import { botTargets } from './bot-request.ts';
import { dialBot, type BotLeg } from './dial.ts';
import { refuse, subprotocolsOf } from './handshake.ts';
import type { LiveCall } from './live.ts';
import { refusalOf } from './refusals.ts';
import { release, talk, type TalkOptions } from './talk.ts';
import { callerLeaving, type Upgrade } from './upgrade.ts';

/** /ws/generic: the bot is dialled first, so that a caller who gets 101 has somebody to talk to. */
export async function genericCall(
  upgrade: Upgrade,
  admission: Admission,
  live: LiveCall,
  options: TalkOptions,
): Promise<void> {
  const { accept, limits } = options;
  const leaving = callerLeaving(upgrade.wire);
  live.close = leaving.abort;
  let bot: BotLeg;
  try {
    const targets = botTargets(admission.session, admission.agent, options);
    const subprotocols = subprotocolsOf(upgrade.request);
    bot = await dialBot({ targets, subprotocols, signal: leaving.signal }, limits);
  } catch (error) {
    await release(admission, error, options);
    refuse(upgrade.wire, refusalOf(error));
    return;
  } finally {
    leaving.done();
  }
  const caller = accept(upgrade, bot.subprotocol || null);
  if (caller) return talk(admission, { caller, bot, early: [] }, live, options);
  bot.socket.terminate();
  await release(
    admission,
    new GatewayError('ERR_CALL_FAILED', 'the caller left before it was answered'),
    options,
  );
}
