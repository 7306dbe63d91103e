import type { RelayEnd } from './relay/relay.ts';
import type { CompletionStatus, Ending } from './sessions/store.ts';

/** Codes with which a bot says that it is done, and not that it failed: RFC 6455 §7.4.1, and the private ranges. */
function isGoodbye(code: number): boolean {
  return code === 1000 || code === 1005 || code >= 3000;
}

/** What a relay's end means for the session. `at`: milliseconds since the epoch. */
export function endingOf({ by, code, reason }: RelayEnd, at: number): Ending {
  return { status: statusOf(by, code), endedBy: by, code, reason, at };
}

function statusOf(by: RelayEnd['by'], code: number): CompletionStatus {
  if (by === 'bot') return isGoodbye(code) ? 'WS_CONNECTION_CLOSED' : 'BOT_LOST';
  if (by === 'caller') return code === 1006 ? 'CALLER_LOST' : 'WS_CONNECTION_CLOSED';
  return code === 1000 ? 'LIMIT_REACHED' : 'DRAINED';
}

/** What the gateway ended was ended by whoever told it to. */
export function stoppedByOperator(ending: Ending): Ending {
  return ending.endedBy === 'gateway' ? { ...ending, status: 'STOPPED', endedBy: 'operator' } : ending;
}
