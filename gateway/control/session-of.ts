import { GatewayError } from '../../shared/errors.ts';
import type { Agent } from '../agents.ts';
import type { SessionRecord, SessionStore } from '../sessions/store.ts';

/** UUID v4, in the one spelling that this gateway issues. */
export const SESSION_ID = '[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}';
const WHOLE = new RegExp(`^${SESSION_ID}$`);

/** The session of that id, if it is this agent's. Rejects with ERR_SESSION_UNKNOWN, or as the store does. */
export async function sessionOf(agent: Agent, id: string, sessions: SessionStore): Promise<SessionRecord> {
  const record = WHOLE.test(id) ? await sessions.find(id) : null;
  if (record?.agent === agent.name && record.organization === agent.organization) return record;
  throw unknownSession();
}

export function unknownSession(): GatewayError {
  const cure = 'its socket was never opened, or it ended too long ago, or it is another agent’s';
  return new GatewayError('ERR_SESSION_UNKNOWN', `this agent has no such session: ${cure}`);
}
