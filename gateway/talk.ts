import type { Admission } from './admission.ts';
import type { SessionOver } from './calls/bot-left.ts';
import { endingOf, stoppedByOperator } from './endings.ts';
import type { Limits } from './limits.ts';
import { STOPPED, type LiveCall, type LiveCalls } from './live.ts';
import { logged, loggedCall, loggedError, type Log } from './log.ts';
import { loggedBot } from './pools/bots.ts';
import type { Reached, ReachOptions } from './pools/reach.ts';
import { closeFrame } from './relay/control.ts';
import type { Leg } from './relay/leg.ts';
import { closed, relay } from './relay/relay.ts';
import type { Ending, Session, SessionStore } from './sessions/store.ts';

/** What every kind of call needs. */
export interface TalkOptions extends ReachOptions {
  readonly sessions: SessionStore;
  readonly sessionOver: SessionOver;
  readonly live: LiveCalls;
  readonly limits: Limits;
  readonly log: Log;
}

/** Relays until somebody leaves, and resolves when both connections are closed. */
export async function talk(
  { session, agent, signature, isCallClaimed = false }: Admission,
  { caller, reached }: { readonly caller: Leg; readonly reached: Reached },
  live: LiveCall,
  options: TalkOptions,
): Promise<void> {
  const { limits, log, now, visit } = options;
  const { maxDuration, idleTimeout } = agent;
  const since = performance.now();
  const joined = relay(caller, reached.leg, {
    limits,
    maxDuration,
    idleTimeout,
    onBotSpoke: visit.botSpoke,
  });
  visit.talking(joined.tally);
  live.close = joined.close;
  const bot = loggedBot(reached.bot.url);
  const facts = { ...loggedSession(session), ...loggedCall(session.call), bot, upgradeSignature: signature };
  log.info(facts, 'call connected');

  const ending = endingOf(await joined.ended, now());
  const { tally } = joined;
  await end(session, ending, options, {
    seconds: Math.round(performance.now() - since) / 1000,
    fromCaller: { messages: tally.caller.messages, bytes: tally.caller.bytes },
    fromBot: { messages: tally.bot.messages, bytes: tally.bot.bytes },
  });
  options.sessionOver({ session, agent, ending, isCallClaimed });
  await joined.closed;
}

/** Ends a session in the store and in the log. Never rejects: the call is over in any case. */
export async function end(
  session: Session,
  found: Ending,
  options: TalkOptions,
  facts: object = {},
): Promise<void> {
  const { sessions, live, log } = options;
  const ending = live.isStopped(session.id) ? stoppedByOperator(found) : found;
  const { status, endedBy, code, reason } = ending;
  options.visit.ended(ending);
  log.info(
    { ...loggedSession(session), status, endedBy, code, reason: logged(reason), ...facts },
    'call ended',
  );
  try {
    await sessions.end(session, ending);
  } catch (error) {
    log.error(
      { ...loggedSession(session), ...loggedError(error) },
      'the end of a session could not be stored',
    );
  }
}

/** Nobody was connected: a token becomes usable again, because carriers try the same URL again. Never rejects. */
export async function release(
  { session, ticket }: Admission,
  failure: unknown,
  options: TalkOptions,
): Promise<void> {
  const { sessions, live, log, now } = options;
  if (live.isStopped(session.id)) {
    const ending = { status: 'STOPPED', endedBy: 'operator', ...STOPPED, at: now() } as const;
    return end(session, ending, options);
  }
  log.warn({ ...loggedSession(session), ...loggedError(failure) }, 'bot not reached');
  try {
    if (ticket) return await sessions.giveBack(session, ticket);
    const ending = {
      status: 'BOT_UNREACHABLE',
      endedBy: 'gateway',
      code: 1013,
      reason: '',
      at: now(),
    } as const;
    options.visit.ended(ending);
    await sessions.end(session, ending);
  } catch (error) {
    log.error({ ...loggedSession(session), ...loggedError(error) }, 'a session could not be given back');
  }
}

/**
 * Sends a caller away after its 101: 1008 for what it did, 1013 where a retry may help (RFC 6455 §7.4.1). `admission`:
 * whose session ends with it, if any.
 */
export async function dismiss(
  caller: Leg,
  code: number,
  reason: string,
  admission: Admission | null,
  options: TalkOptions,
): Promise<void> {
  const ending = {
    status: 'HANDSHAKE_REFUSED',
    endedBy: 'gateway',
    code,
    reason,
    at: options.now(),
  } as const;
  if (admission) await end(admission.session, ending, options);
  else options.log.info({ code, reason }, 'caller sent away');
  await sayGoodbye(caller, code, reason, options.limits.closeTimeout);
}

/** Closes a caller's connection that no relay has. Resolves when it is closed. `closeTimeout`: milliseconds. */
export async function sayGoodbye(
  caller: Leg,
  code: number,
  reason: string,
  closeTimeout: number,
): Promise<void> {
  if (caller.socket.destroyed) return;
  const gone = closed(caller);
  caller.discard();
  caller.socket.end(closeFrame(code, reason, false));
  const late = setTimeout(() => caller.socket.destroy(), closeTimeout);
  await gone;
  clearTimeout(late);
}

function loggedSession({ id, agent, provider }: Session): object {
  return { session: id, agent, provider };
}
