import { serviceHostOf, type Agent } from '../agents.ts';
import type { Session } from '../sessions/store.ts';
import type { Instruments } from './metrics.ts';
import {
  resultOf,
  type Asking,
  type CallObserver,
  type Observer,
  type Passed,
  type RequestObserver,
} from './observer.ts';

/** A call that is being relayed, or about to be. */
interface Live {
  agent: string;
  passed: Passed | null;
}

type Sum = Record<'caller' | 'bot', { messages: number; bytes: number }>;

/** Counts. */
export interface MetricsObserver extends Observer {
  /** Service hosts of live sessions. */
  readonly live: () => Iterable<string>;
  /** What was passed on, all calls together. */
  readonly passed: () => Passed;
}

/** `isLeaving`: asked when a call ends. */
export function metricsObserver(count: Instruments, isLeaving: () => boolean): MetricsObserver {
  const calls = new Set<Live>();
  const over: Sum = { caller: { messages: 0, bytes: 0 }, bot: { messages: 0, bytes: 0 } };

  return {
    *live() {
      for (const { agent } of calls) yield agent;
    },
    passed() {
      const sum = structuredClone(over);
      for (const { passed } of calls) add(sum, passed);
      return sum;
    },
    request: (asking) => requestCounter(count, asking),
    upgrade(endpoint) {
      const call: Live = { agent: '', passed: null };
      return callCounter(count, endpoint, call, {
        enter: () => calls.add(call),
        leave() {
          if (calls.delete(call)) add(over, call.passed);
        },
        isLeaving,
      });
    },
    callback: ({ provider, event, result }) => count.callbacks.inc({ provider, event, result }),
    routed: (route, agent) => count.routed.inc({ route, agent: serviceHostOf(agent) }),
    stored: (operation, took, result) => count.store.observe({ operation, result }, took),
  };
}

/** A session's name is one of the configuration: whoever has a session found its agent there. */
function hostOf({ agent, organization }: Session): string {
  return `${agent}.${organization}`;
}

function requestCounter(count: Instruments, { via, provider }: Asking): RequestObserver {
  let agent: Agent | null = null;
  return {
    trace: () => undefined,
    agent: (found) => void (agent = found),
    answered(result, { error } = {}) {
      if (provider !== null) count.webhooks.inc({ provider, result });
      if (result !== 'started' && result !== 'declined') return;
      const known = agent === null ? '' : serviceHostOf(agent);
      count.starts.inc({ via, agent: known, result: result === 'started' ? result : resultOf(error) });
    },
  };
}

interface Place {
  readonly enter: () => void;
  readonly leave: () => void;
  readonly isLeaving: () => boolean;
}

function callCounter(
  count: Instruments,
  endpoint: string,
  call: Live,
  { enter, leave, isLeaving }: Place,
): CallObserver {
  const since = performance.now();
  let dialled = since;
  return {
    admitted(session) {
      call.agent = hostOf(session);
      enter();
    },
    opened: () => count.upgrades.inc({ endpoint, result: 'opened' }),
    refused: (result) => count.upgrades.inc({ endpoint, result }),
    dialling: () => void (dialled = performance.now()),
    dialHeaders: () => ({}),
    dialled: (result) => count.dials.observe({ result }, seconds(dialled)),
    talking: (passed) => void (call.passed = passed),
    botSpoke: () => count.firstMessages.observe({ endpoint }, seconds(since)),
    ended({ status, endedBy }) {
      count.endings.inc({ agent: call.agent, status, ended_by: endedBy });
      if (isLeaving()) count.drained.inc({ result: status === 'DRAINED' ? 'cut' : 'finished' });
    },
    left: leave,
  };
}

function seconds(since: number): number {
  return (performance.now() - since) / 1000;
}

function add(sum: Sum, passed: Passed | null): void {
  if (!passed) return;
  for (const side of ['caller', 'bot'] as const) {
    sum[side].messages += passed[side].messages;
    sum[side].bytes += passed[side].bytes;
  }
}
