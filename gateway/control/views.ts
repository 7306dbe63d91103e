import type { KeptEvent } from '../../shared/call-status.ts';
import { serviceHostOf, type Agent } from '../agents.ts';
import type { SessionCount, SessionRecord } from '../sessions/store.ts';
import { endStateOf } from './end-states.ts';

/**
 * An agent in JSON. What Pipecat Cloud's client looks for and a gateway does not have is null. Times in seconds.
 * `ready`: one of its bots may well answer.
 */
export function agentView(agent: Agent, { live, reserved }: SessionCount, ready: boolean): object {
  const { name, organization, auth, maxSessions, maxDuration, idleTimeout } = agent;
  return {
    id: serviceHostOf(agent),
    name,
    organizationId: organization,
    ready,
    activeSessionCount: live,
    reservedSessionCount: reserved,
    autoScaling: { maxReplicas: maxSessions },
    websocketAuth: auth,
    maxSessionDurationSeconds: maxDuration && maxDuration / 1000,
    idleTimeoutSeconds: idleTimeout && idleTimeout / 1000,
    region: null,
    activeDeploymentId: null,
    createdAt: null,
    updatedAt: null,
  };
}

/** A session in JSON, without its body, and without who called: numbers are personal data. */
export function sessionView({ id, agent, organization, createdAt, openedAt, ending }: SessionRecord): object {
  return {
    sessionId: id,
    serviceId: `${agent}.${organization}`,
    organizationId: organization,
    deploymentId: null,
    createdAt: iso(createdAt),
    updatedAt: iso(ending?.at ?? openedAt),
    endedAt: ending && iso(ending.at),
    botStartSeconds: null,
    coldStart: null,
    completionStatus: ending?.status ?? null,
    endState: endStateOf(ending),
    endedBy: ending?.endedBy ?? null,
    closeCode: ending?.code ?? null,
    closeReason: ending?.reason ?? null,
  };
}

/** One session, and what its carrier told about the call. `at`: when we were told; `sentAt`: by the carrier's own clock. */
export function sessionInFull(record: SessionRecord, events: readonly KeptEvent[]): object {
  return { ...sessionView(record), events: events.map(eventView) };
}

function eventView({ event: { type, sentAt, ...facts }, at }: KeptEvent): object {
  return { type, at: iso(at), sentAt: sentAt === null ? null : iso(sentAt), ...facts };
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
