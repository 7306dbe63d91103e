import { GatewayError } from '../../shared/errors.ts';
import type { Agent } from '../agents.ts';
import { loggedError, type Log } from '../log.ts';
import type { Ending, Session } from '../sessions/store.ts';
import { isCallId, type CallControls } from './controls.ts';

/** Told of the end of each session whose bot and caller had talked. `isCallClaimed`: see Admission. */
export type SessionOver = (over: {
  readonly session: Session;
  readonly agent: Agent;
  readonly ending: Ending;
  readonly isCallClaimed: boolean;
}) => void;

/** Ends the calls of agents with `end_call_when_bot_leaves` at the carrier, once the bot has said goodbye. */
export function endCallAfterBot(controls: CallControls, log: Log): SessionOver {
  return ({ session: { id, provider, call }, agent, ending: { status, endedBy }, isCallClaimed }) => {
    const hasLeft = endedBy === 'bot' && status === 'WS_CONNECTION_CLOSED';
    if (!agent.calls.endWhenBotLeaves || !hasLeft || !call || !isCallId(call.id)) return;
    if (isCallClaimed) {
      return log.warn(
        { session: id, provider },
        'call not ended after its bot: only its stream names it. Give call to /start',
      );
    }
    void hangUp(call.id).catch((error: unknown) => {
      // Many carriers are faster: their document had nothing more to say.
      if (error instanceof GatewayError && error.code === 'ERR_CALL_OVER') return;
      log.warn({ session: id, provider, ...loggedError(error) }, 'the call could not be ended after its bot');
    });

    async function hangUp(callId: string): Promise<void> {
      await controls.of(provider, 'hangUp')(callId);
      log.info({ session: id, provider }, 'call ended after its bot');
    }
  };
}
