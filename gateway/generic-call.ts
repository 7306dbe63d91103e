import { GatewayError } from '../shared/errors.ts';
import type { Admission } from './admission.ts';
import { refuseLeg } from './handshake.ts';
import type { LiveCall } from './live.ts';
import { resultOf } from './observe/observer.ts';
import { reachBot, type Reached } from './pools/reach.ts';
import { refusalOf } from './refusals.ts';
import { release, talk, type TalkOptions } from './talk.ts';
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
  let reached: Reached;
  try {
    reached = await reachBot(upgrade, admission, leaving, options);
  } catch (error) {
    options.visit.refused(leaving.hasLeft ? 'caller_left' : resultOf(error));
    await release(admission, error, options);
    return refuseLeg(caller, refusalOf(options.live.isStopped(admission.session.id) ? stopped() : error));
  }
  if (!caller.hasLeft && !leaving.hasLeft) {
    accept(upgrade, reached.subprotocol || null);
    options.visit.opened();
    return talk(admission, { caller, reached }, live, options);
  }
  options.visit.refused('caller_left');
  reached.leg.socket.destroy();
  caller.socket.destroy();
  const failure = new GatewayError('ERR_CALL_FAILED', 'the caller left before it was answered');
  return release(admission, failure, options);
}

function stopped(): GatewayError {
  const sentence = 'an operator stopped this session before it was answered: start another one';
  return new GatewayError('ERR_SESSION_STOPPED', sentence);
}
