import { GatewayError } from '../../shared/errors.ts';
import type { Session, SessionCount } from './store.ts';

/** How many sessions each agent has, live and reserved, and how many bytes of bodies are held for all of them. */
export interface Ledger {
  readonly bytes: () => number;
  readonly count: (organization: string, agent: string) => SessionCount;
  readonly add: (session: Session, as: keyof SessionCount) => void;
  readonly remove: (session: Session, as: keyof SessionCount) => void;
  /** Throws ERR_AT_CAPACITY when the session's agent has `maxSessions` already. */
  readonly admit: (session: Session, maxSessions: number | null) => void;
}

const none: SessionCount = { live: 0, reserved: 0 };

export function ledger(): Ledger {
  const counts = new Map<string, SessionCount>();
  let bytes = 0;

  function count(organization: string, agent: string): SessionCount {
    return counts.get(`${agent}.${organization}`) ?? none;
  }

  function change(session: Session, as: keyof SessionCount, by: 1 | -1): void {
    const { organization, agent } = session;
    const before = count(organization, agent);
    const after = { ...before, [as]: before[as] + by };
    if (after.live + after.reserved === 0) counts.delete(`${agent}.${organization}`);
    else counts.set(`${agent}.${organization}`, after);
    bytes += by * sizeOf(session);
  }

  return {
    bytes: () => bytes,
    count,
    add: (session, as) => change(session, as, 1),
    remove: (session, as) => change(session, as, -1),
    admit(session, maxSessions) {
      const { organization, agent } = session;
      const { live, reserved } = count(organization, agent);
      if (maxSessions === null || live + reserved < maxSessions) return;
      throw atCapacity(session, maxSessions);
    },
  };
}

export function atCapacity({ agent }: Session, maxSessions: number): GatewayError {
  return new GatewayError(
    'ERR_AT_CAPACITY',
    `agent ${agent} has ${maxSessions} sessions already: raise scaling.max_agents, or try again later`,
  );
}

export function storeFull(): GatewayError {
  return new GatewayError('ERR_STORE_FULL', 'too many sessions wait for their sockets: try again later');
}

/** Bytes of a session's body. */
export function sizeOf({ body }: Session): number {
  return body === null ? 0 : Buffer.byteLength(body);
}
