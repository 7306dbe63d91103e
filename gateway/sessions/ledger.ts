import { GatewayError } from '../../shared/errors.ts';
import type { Session } from './store.ts';

/** How many sessions each agent has, live and reserved, and how many bytes of bodies are held for all of them. */
export interface Ledger {
  readonly bytes: () => number;
  readonly add: (session: Session) => void;
  readonly remove: (session: Session) => void;
  /** Throws ERR_AT_CAPACITY when the session's agent has `maxSessions` already. */
  readonly admit: (session: Session, maxSessions: number | null) => void;
}

export function ledger(): Ledger {
  const sessions = new Map<string, number>();
  let bytes = 0;

  function change(session: Session, by: 1 | -1): void {
    const agent = agentOf(session);
    const count = (sessions.get(agent) ?? 0) + by;
    if (count === 0) sessions.delete(agent);
    else sessions.set(agent, count);
    bytes += by * sizeOf(session);
  }

  return {
    bytes: () => bytes,
    add: (session) => change(session, 1),
    remove: (session) => change(session, -1),
    admit(session, maxSessions) {
      if (maxSessions === null || (sessions.get(agentOf(session)) ?? 0) < maxSessions) return;
      throw new GatewayError(
        'ERR_AT_CAPACITY',
        `agent ${session.agent} has ${maxSessions} sessions already: raise scaling.max_agents, or try again later`,
      );
    },
  };
}

function agentOf({ agent, organization }: Session): string {
  return `${agent}.${organization}`;
}

/** Bytes of a session's body. */
export function sizeOf({ body }: Session): number {
  return body === null ? 0 : Buffer.byteLength(body);
}
