import { statuses } from '../sessions/store-data.ts';
import type { CompletionStatus, Ending } from '../sessions/store.ts';

/**
 * How a session ended, in the words of `pipecat cloud agent sessions --end-state` (pipecatcloud 1.4.0 from PyPI,
 * cli/commands/agent.py, read 2026-11-21), and in our own where it has none: it shows those as "Ended".
 */
const WORDS: Readonly<Record<CompletionStatus, string>> = {
  WS_CONNECTION_CLOSED: 'completed',
  BOT_LOST: 'agent_error',
  CALLER_LOST: 'caller_lost',
  BOT_UNREACHABLE: 'agent_start_timeout',
  HANDSHAKE_REFUSED: 'ended_before_agent_start',
  LIMIT_REACHED: 'limit_reached',
  DRAINED: 'drained',
  STOPPED: 'terminated',
  NOT_ANSWERED: 'not_answered',
  GATEWAY_LOST: 'unknown',
};

/** Each word, and what to look for: "live", or a way of ending. No two mean the same. */
export const endStates: ReadonlyMap<string, 'live' | CompletionStatus> = new Map([
  ['active', 'live'] as const,
  ...statuses.map((status) => [WORDS[status], status] as const),
]);

/** `ending`: null while the session is live. */
export function endStateOf(ending: Ending | null): string {
  return ending === null ? 'active' : WORDS[ending.status];
}
