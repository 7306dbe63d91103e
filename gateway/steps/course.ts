import type { Step } from '../../shared/carrier.ts';
import { GatewayError } from '../../shared/errors.ts';
import { queryOf, readForm } from '../../shared/form.ts';
import type { Call, Provider } from '../../shared/provider.ts';
import { serviceHostOf, type AgentTable } from '../agents.ts';
import { MAX_HOPS } from '../limits.ts';
import type { Routed, Router } from '../routing.ts';
import type { LastEnding } from '../sessions/store.ts';
import { NO_HOP, type Hop, type HopSeals } from './hops.ts';
import { DEFAULT_STEPS, momentAfter, type AgentStep, type Moment } from './steps.ts';

/** Who takes a call, and after how many others. */
export interface Turn extends Routed {
  readonly hop: Hop;
}

/** The way of a carrier's calls from agent to agent. */
export interface Course {
  /**
   * Who takes a call at the URL of a webhook. `named`: the agent in it, or null. Throws ERR_AGENT_UNKNOWN, and
   * ERR_REQUEST_INVALID for a hop that is not ours.
   */
  turnAt(call: Call, named: string | null, url: string): Turn;
  /** The same, or null where that throws. */
  find(call: Call, named: string | null, url: string): Turn | null;
  /** What a caller gets who got no session. `turn`: null where no agent takes the call. */
  withoutSession(call: Call, turn: Turn | null): readonly Step[];
  /** What comes after a stream. `last`: how the call's last session ended, as far as known. */
  afterStream(call: Call, turn: Turn | null, last: LastEnding | null): AfterStream;
}

export interface AfterStream {
  /** Null: the call is to end without a word. */
  readonly moment: Moment | null;
  readonly steps: readonly Step[];
}

export interface CourseOptions {
  readonly agents: AgentTable;
  readonly router: Router;
  readonly seals: HopSeals;
  readonly publicUrl: string;
}

export function courseOf(provider: Provider, { agents, router, seals, publicUrl }: CourseOptions): Course {
  function turnAt(call: Call, named: string | null, url: string): Turn {
    const sealed = hopIn(url);
    if (sealed === undefined) return { ...router.route(call, provider, named), hop: NO_HOP };
    const serviceHost = named ?? '';
    const hop = seals.read(sealed, { provider: provider.name, callId: call.id, serviceHost });
    const agent = agents.byServiceHost(serviceHost);
    if (hop && agent) return { agent, hop, route: 'hop', percent: 100 };
    throw new GatewayError('ERR_REQUEST_INVALID', 'the hop in the webhook URL is not of this call');
  }

  /** Another agent becomes a redirect to its webhook, and after too many of them an apology. */
  function carried(step: AgentStep, callId: string, { agent, hop }: Turn, after: string): readonly Step[] {
    if (step.type !== 'agent') return [step];
    const count = hop.count + 1;
    const next = agents.byServiceHost(serviceHostOf({ ...agent, name: step.name }));
    if (count > MAX_HOPS || !next) return DEFAULT_STEPS.no_session;
    const serviceHost = serviceHostOf(next);
    const seal = seals.seal({ count, after }, { provider: provider.name, callId, serviceHost });
    const url = `${publicUrl}/webhooks/${provider.name}/${serviceHost}?hop=${seal}`;
    return [{ type: 'redirect', url, method: 'POST' }];
  }

  function stepsAt(
    moment: Moment,
    { id }: Call,
    turn: Turn | null,
    ending: LastEnding | null,
  ): readonly Step[] {
    if (!turn) return DEFAULT_STEPS[moment];
    const after = ending?.sessionId ?? turn.hop.after;
    return turn.agent.steps[moment].flatMap((step) => carried(step, id, turn, after));
  }

  return {
    turnAt,
    find(...where) {
      try {
        return turnAt(...where);
      } catch (error) {
        if (error instanceof GatewayError) return null;
        throw error;
      }
    },
    withoutSession: (call, turn) => stepsAt('no_session', call, turn, null),
    afterStream(call, turn, last) {
      // The session before this agent is dealt with: the stream to this one never came to be.
      const ending = last?.sessionId === turn?.hop.after ? null : last;
      const moment = momentAfter(ending);
      return { moment, steps: moment === null ? [] : stepsAt(moment, call, turn, ending) };
    },
  };
}

/** The sealed hop in the URL of a webhook, not yet verified; undefined where the call began. */
export function hopIn(url: string): string | undefined {
  return readForm(queryOf(url))?.get('hop');
}

/** Where a carrier asks what comes after a stream of that agent and hop. */
export function afterUrl(base: string, named: string | null, sealed: string | undefined): string {
  const query = new URLSearchParams({
    ...(named === null ? {} : { agent: named }),
    ...(sealed === undefined ? {} : { hop: sealed }),
  }).toString();
  return query === '' ? `${base}/after` : `${base}/after?${query}`;
}
