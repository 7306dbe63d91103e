import type { HttpHandler } from '../shared/http.ts';
import type { Agent, AgentTable } from './agents.ts';

/** Which agents pages may start, by the origins that the agents list. */
export interface BrowserAgents {
  /** The named agent, or the first one, that lists this origin; null when none does. */
  readonly agentFor: (origin: string, name: string | null) => Agent | null;
  /** OPTIONS: says to a page of a listed origin, and to nobody else, that it may post JSON. */
  readonly preflight: HttpHandler;
}

export function browserAgents({ all }: AgentTable): BrowserAgents {
  const agentFor: BrowserAgents['agentFor'] = (origin, name) =>
    all.find((agent) => agent.allowedOrigins.includes(origin) && (name === null || agent.name === name)) ??
    null;

  return {
    agentFor,
    async preflight({ headers }) {
      const origin = headers['origin'] ?? '';
      if (!agentFor(origin, null)) return { status: 403, headers: { vary: 'origin' }, body: '' };
      const allow = {
        'access-control-allow-origin': origin,
        'access-control-allow-methods': 'POST',
        'access-control-allow-headers': 'content-type',
        'access-control-max-age': '600',
        vary: 'origin',
      };
      return { status: 204, headers: allow, body: '' };
    },
  };
}
