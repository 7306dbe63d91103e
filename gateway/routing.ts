import { createHash } from 'node:crypto';
import type { Step } from '../shared/carrier.ts';
import { GatewayError } from '../shared/errors.ts';
import { numberOf } from '../shared/party.ts';
import type { Call, Provider } from '../shared/provider.ts';
import { serviceHostOf, type Agent, type AgentTable } from './agents.ts';

/** Calls to some numbers, or at some paths, shared out among agents. */
export interface Route {
  /** As metrics and logs call it. */
  readonly name: string;
  /** Called numbers, as `numberOf` spells them. */
  readonly numbers: readonly string[];
  /** Last segments of webhook paths: /webhooks/{provider}/{path}. */
  readonly paths: readonly string[];
  /** For calls of that carrier only; null is all. */
  readonly provider: string | null;
  readonly shares: readonly Share[];
}

export interface Share {
  /** Service host. */
  readonly agent: string;
  /** Of the calls; all shares of a route are 100. */
  readonly percent: number;
}

export interface RoutingRules {
  readonly routes: readonly Route[];
  /** What callers of a number that is nobody's get; null: the default agent. */
  readonly unknownNumber: readonly Step[] | null;
}

/** Names of what leads calls to agents without a [[routes]] table. */
export const BUILT_IN_ROUTES = ['numbers', 'path', 'default'] as const;

/** Who takes a call, and by which row of the table. */
export interface Routed {
  readonly agent: Agent;
  /** Name of a route, or one of BUILT_IN_ROUTES. */
  readonly route: string;
  /** Of this agent among the calls of that row. */
  readonly percent: number;
}

/** What a webhook proves about itself. */
type Webhook = Pick<Provider, 'name' | 'signsUrl'>;

export interface Router {
  /**
   * Always the same for the same call, in every process. `named`: the last segment of the webhook's path; null when there
   * was none. Throws ERR_AGENT_UNKNOWN.
   */
  route(call: Call, webhook: Webhook, named: string | null): Routed;
  /** What the caller gets whose call is for a number that is nobody's; null where such calls have an agent. */
  refusalFor(call: Call, webhook: Webhook, named: string | null): readonly Step[] | null;
  /** Who takes the calls to a number. Throws ERR_AGENT_UNKNOWN. */
  rowFor(number: string, webhook: Webhook, named: string | null): RoutingRow;
}

/** One way that calls go: to one agent, or shared out among several. */
export interface RoutingRow {
  /** See Routed. */
  readonly route: string;
  readonly shares: readonly Share[];
}

/** `organization`: whose agents are meant by a bare name, and whose first agent is the default. */
export function router(agents: AgentTable, rules: RoutingRules, organization: string): Router {
  const { routes, unknownNumber } = rules;

  /** Of two routes, the one that names the carrier counts. */
  function routeWith({ name }: Webhook, has: (route: Route) => boolean): Route | null {
    const found = routes.filter(
      (route) => (route.provider === null || route.provider === name) && has(route),
    );
    return found.find(({ provider }) => provider !== null) ?? found[0] ?? null;
  }

  function byNumber(number: string, webhook: Webhook): RoutingRow | null {
    const route = routeWith(webhook, ({ numbers }) => numbers.includes(number));
    const agent = route ? null : agents.byNumber(number);
    if (route) return rowOf(route);
    return agent && { route: 'numbers', shares: [whole(agent)] };
  }

  /** Those with which the webhook's carrier can come to an agent. */
  function numbersOf(agent: Agent, { name }: Webhook): string[] {
    const leading = routes.filter(
      ({ provider, shares }) =>
        (provider === null || provider === name) &&
        shares.some((share) => share.agent === serviceHostOf(agent)),
    );
    return [...agent.numbers, ...leading.flatMap(({ numbers }) => numbers)];
  }

  function byPath(named: string, number: string, webhook: Webhook): RoutingRow {
    const route = routeWith(webhook, ({ paths }) => paths.includes(named));
    if (route) {
      if (isProven(route.numbers, number, webhook)) return rowOf(route);
      throw unknown("the called number is not one of this route's numbers");
    }
    // A name of the first organisation, or a service host.
    const agent = agents.byServiceHost(named.includes('.') ? named : `${named}.${organization}`);
    if (!agent) throw unknown('no agent of the name in the webhook URL');
    if (isProven(numbersOf(agent, webhook), number, webhook))
      return { route: 'path', shares: [whole(agent)] };
    throw unknown("the called number is not one of this agent's numbers");
  }

  function rowFor(number: string, webhook: Webhook, named: string | null): RoutingRow {
    if (named !== null) return byPath(named, number, webhook);
    const found = byNumber(number, webhook);
    if (found) return found;
    if (unknownNumber)
      throw unknown("the called number is nobody's: see unknown_number in the configuration");
    return { route: 'default', shares: [whole(agents.inOrganization(organization, null))] };
  }

  return {
    rowFor,
    route(call, webhook, named) {
      const { route, shares } = rowFor(ourNumber(call), webhook, named);
      const { agent: host, percent } = sharedTo(call.id, shares);
      const agent = agents.byServiceHost(host);
      if (agent) return { agent, route, percent };
      throw unknown(`route ${route} leads to no agent`);
    },
    refusalFor: (call, webhook, named) =>
      named === null && byNumber(ourNumber(call), webhook) === null ? unknownNumber : null,
  };
}

/** A signature that does not cover the URL proves nothing about what stands in it; the number that is ours does. */
function isProven(numbers: readonly string[], number: string, { signsUrl }: Webhook): boolean {
  return signsUrl || numbers.length === 0 || numbers.includes(number);
}

function rowOf({ name, shares }: Route): RoutingRow {
  return { route: name, shares };
}

function whole(agent: Agent): Share {
  return { agent: serviceHostOf(agent), percent: 100 };
}

/** The number that led the call here, or that it was made from; the party itself when it is no number. */
function ourNumber({ from, to, direction }: Call): string {
  const party = direction === 'outbound' ? from : to;
  return numberOf(party) ?? party;
}

/** By a hash of the call's id: a carrier that asks again, at whichever process, meets the same agent. */
export function sharedTo(callId: string, shares: readonly Share[]): Share {
  const hash = createHash('sha256').update(callId).digest().readUIntBE(0, 6);
  let left = (hash / 2 ** 48) * 100;
  for (const share of shares) {
    if (left < share.percent) return share;
    left -= share.percent;
  }
  throw new TypeError('the shares of a route are 100 percent');
}

function unknown(sentence: string): GatewayError {
  return new GatewayError('ERR_AGENT_UNKNOWN', sentence);
}
