import type { Admission } from './admission.ts';
import { botTargets, type BotRequestOptions } from './bot-request.ts';
import { dialBot, type Dialled } from './dial.ts';
import { endingOf } from './endings.ts';
import { subprotocolsOf } from './handshake.ts';
import type { Limits } from './limits.ts';
import type { LiveCall } from './live.ts';
import { logged, loggedCall, loggedError, type Log } from './log.ts';
import { closeFrame } from './relay/control.ts';
import type { Leg } from './relay/leg.ts';
import { closed, relay } from './relay/relay.ts';
import type { Ending, Session, SessionStore } from './sessions/store.ts';
import type { Leaving, Upgrade } from './upgrade.ts';

/** What every kind of call needs. */
export interface TalkOptions extends BotRequestOptions {
  readonly sessions: SessionStore;
  readonly limits: Limits;
  readonly log: Log;
}

/** Dials a session's bots, with what the caller offers. Rejects with ERR_BOT_UNREACHABLE. */
export async function reachBot(
  { request }: Upgrade,
  { session, agent }: Admission,
  leaving: Leaving,
  options: TalkOptions,
): Promise<Dialled> {
  const targets = botTargets(session, agent, options);
  return dialBot({ targets, subprotocols: subprotocolsOf(request), leaving }, options.limits);
}

/** Relays until somebody leaves, and resolves when both connections are closed. */
export async function talk(
  { session, agent }: Admission,
  legs: { readonly caller: Leg; readonly bot: Leg },
  live: LiveCall,
  options: TalkOptions,
): Promise<void> {
  const { limits, log, now } = options;
  const { maxDuration, idleTimeout } = agent;
  const since = performance.now();
  const joined = relay(legs.caller, legs.bot, { limits, maxDuration, idleTimeout });
  live.close = joined.close;
  log.info({ ...loggedSession(session), ...loggedCall(session.call) }, 'call connected');

  const ending = endingOf(await joined.ended, now());
  const { caller, bot } = joined.tally;
  await end(session, ending, options, {
    seconds: Math.round(performance.now() - since) / 1000,
    fromCaller: { messages: caller.messages, bytes: caller.bytes },
    fromBot: { messages: bot.messages, bytes: bot.bytes },
  });
  await joined.closed;
}

/** Ends a session in the store and in the log. Never rejects: the call is over in any case. */
export async function end(
  session: Session,
  ending: Ending,
  options: TalkOptions,
  facts: object = {},
): Promise<void> {
  const { sessions, log } = options;
  const { status, endedBy, code, reason } = ending;
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
  const { sessions, log, now } = options;
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
