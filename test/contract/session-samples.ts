import { randomUUID } from 'node:crypto';
import type { Ending, Session, SessionStore } from '../../gateway/sessions/store.ts';

/** A store with room for four waiting sessions, 1,000 bytes of bodies and ten ended sessions, and a clock of its own. */
export interface StoreUnderTest {
  readonly store: SessionStore;
  /** It refuses bodies beyond its bytes itself, and leaves that to nobody else. */
  readonly countsBytes: boolean;
  /** Lets milliseconds pass. */
  readonly wait: (ms: number) => void | Promise<void>;
  readonly now: () => number;
  readonly close?: () => Promise<void>;
}

/** Milliseconds a ticket is good for: long enough for real time to pass beside the store's clock. */
export const TTL = 10_000;

export const call = { id: 'CA1', from: '+15550100', to: '+15550101', direction: 'inbound' } as const;

export const ending: Ending = {
  status: 'WS_CONNECTION_CLOSED',
  endedBy: 'bot',
  code: 1000,
  reason: 'goodbye',
  at: 1,
};

export function session(change: Partial<Session> = {}): Session {
  return {
    id: randomUUID(),
    agent: 'a',
    organization: 'o',
    provider: 'twilio',
    call: null,
    body: null,
    createdAt: 0,
    ...change,
  };
}
