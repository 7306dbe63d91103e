import { randomUUID } from 'node:crypto';
import type { Agent } from '../agents.ts';
import type { Session } from './store.ts';

/** A session that begins at `now`, milliseconds since the epoch. `trace`: of the request that it comes from. */
export function newSession(
  { name: agent, organization }: Agent,
  facts: Pick<Session, 'provider' | 'call' | 'body'>,
  now: number,
  trace?: string,
): Session {
  const id = randomUUID();
  return {
    id,
    agent,
    organization,
    ...facts,
    createdAt: now,
    ...(trace === undefined ? {} : { trace }),
  };
}
