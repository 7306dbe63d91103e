import type { Step } from '../../shared/carrier.ts';
import type { CompletionStatus, Ending } from '../sessions/store.ts';

/** When a caller is left without a bot, by the names that the configuration has for it. */
export const MOMENTS = ['no_session', 'bot_unreachable', 'bot_lost', 'goodbye'] as const;

export type Moment = (typeof MOMENTS)[number];

/** What a caller gets at such a moment. Nothing follows a redirect, another agent, or a hang-up. */
export type AgentStep =
  | Step
  /** Another agent of the same organisation, by its name: the call begins anew with it. */
  | { readonly type: 'agent'; readonly name: string };

/** What an agent's callers get, moment by moment. After the last step the call ends. */
export type AgentSteps = Readonly<Record<Moment, readonly AgentStep[]>>;

const SORRY: Step = {
  type: 'say',
  text: 'Sorry, nobody can take your call right now. Please call again later.',
};

/** Where an agent has nothing of its own configured, and where there is no agent at all. */
export const DEFAULT_STEPS: Readonly<Record<Moment, readonly Step[]>> = {
  no_session: [SORRY],
  bot_unreachable: [SORRY],
  bot_lost: [SORRY],
  goodbye: [{ type: 'hangUp' }],
};

/** No caller is served a bot anew that somebody, or the caller itself, wanted to be rid of. */
const momentsAfter: Readonly<Record<CompletionStatus, Moment | null>> = {
  WS_CONNECTION_CLOSED: 'goodbye',
  LIMIT_REACHED: 'goodbye',
  STOPPED: null,
  NOT_ANSWERED: null,
  BOT_LOST: 'bot_lost',
  CALLER_LOST: 'bot_lost',
  DRAINED: 'bot_lost',
  GATEWAY_LOST: 'bot_lost',
  BOT_UNREACHABLE: 'bot_unreachable',
  HANDSHAKE_REFUSED: 'bot_unreachable',
};

/** At which moment a call is whose stream ended so, while the call goes on. Null: it is to end without a word. */
export function momentAfter(ending: Ending | null): Moment | null {
  if (ending === null) return 'bot_unreachable'; // as far as we know it never talked to a bot
  const { status, endedBy } = ending;
  return status === 'WS_CONNECTION_CLOSED' && endedBy === 'caller' ? null : momentsAfter[status];
}
