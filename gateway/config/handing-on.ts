import { MOMENTS, type Moment } from '../steps/steps.ts';
import { agentsOf, type AgentPlace } from './checks.ts';
import type { Problems } from './problems.ts';
import type { ConfigFile } from './schema.ts';

/** Agents hand calls on to agents of their own organisation, and never in a circle. */
export function checkSteps(file: ConfigFile, found: Problems): void {
  const all = agentsOf(file);
  for (const place of all) {
    for (const moment of MOMENTS) {
      const mistake = mistakeAt(place, moment, all);
      if (mistake !== null) found.add(`${place.path}.steps.${moment}`, mistake);
    }
  }
}

function mistakeAt(place: AgentPlace, moment: Moment, all: readonly AgentPlace[]): string | null {
  const name = nameAfter(place, moment);
  if (name === null) return null;
  if (!placeAfter(place, moment, all))
    return `there is no agent ${name} in organization ${place.organization}`;
  const way = wayFrom(place, moment, all);
  const isFirst = way.every((other) => all.indexOf(other) >= all.indexOf(place)); // one mistake for each circle
  if (placeAfter(way.at(-1) ?? place, moment, all) !== place || !isFirst) return null;
  const circle = [...way, place].map(({ agent }) => agent.agent_name).join(' → ');
  return `agents hand the call on in a circle: ${circle}. End one of them with another step`;
}

/** The agents a call comes to, one after the other, until there is no other or one comes again. */
function wayFrom(place: AgentPlace, moment: Moment, all: readonly AgentPlace[]): AgentPlace[] {
  const way = [place];
  let next = placeAfter(place, moment, all);
  while (next && !way.includes(next)) {
    way.push(next);
    next = placeAfter(next, moment, all);
  }
  return way;
}

function placeAfter(place: AgentPlace, moment: Moment, all: readonly AgentPlace[]): AgentPlace | undefined {
  const name = nameAfter(place, moment);
  return all.find(
    ({ organization, agent }) => organization === place.organization && agent.agent_name === name,
  );
}

function nameAfter({ agent }: AgentPlace, moment: Moment): string | null {
  const last = agent.steps?.[moment]?.at(-1);
  return last?.type === 'agent' ? last.name : null;
}
