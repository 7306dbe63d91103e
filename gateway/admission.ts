import { randomUUID } from 'node:crypto';
import { GatewayError } from '../shared/errors.ts';
import type { Address } from './address.ts';
import type { Agent, AgentTable } from './agents.ts';
import { readQueryBody } from './query-body.ts';
import type { Session, SessionStore, Ticket } from './sessions/store.ts';
import type { Grant, TokenSigner } from './token.ts';

/** Somebody who may talk, and to whom. */
export interface Admission {
  readonly agent: Agent;
  readonly session: Session;
  /** Null when the agent asks for no token. */
  readonly ticket: Ticket | null;
}

/** Somebody whose request was found good, before any store was asked. */
export interface Entry {
  /** False where the stream names the agent, which is possible only where an agent asks for no token. */
  readonly isNamed: boolean;
  /**
   * Lets in. `serviceHost`: what the stream names. Rejects with ERR_AT_CAPACITY, ERR_STORE_UNAVAILABLE, or
   * ERR_TOKEN_REFUSED with one and the same sentence for every reason.
   */
  readonly admit: (serviceHost?: string) => Promise<Admission>;
}

export interface Door {
  /**
   * Decides from an upgrade request alone who may knock: who forges one costs a MAC, and nothing is asked, opened or
   * kept. Throws ERR_AGENT_UNKNOWN, ERR_ORIGIN_REFUSED, ERR_REQUEST_INVALID, or ERR_TOKEN_REFUSED.
   */
  check(address: Address, origin: string | undefined): Entry;
}

export interface DoorOptions {
  readonly agents: AgentTable;
  readonly tokens: TokenSigner;
  readonly sessions: SessionStore;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export function door(options: DoorOptions): Door {
  const { agents, tokens } = options;
  const anyOpen = agents.all.some(({ auth }) => auth === 'none');

  function readGrant(token: string | null): Grant {
    const grant = token === null ? null : tokens.read(token);
    if (!grant) throw refused();
    return grant;
  }

  function named(serviceHost: string, address: Address, origin: string | undefined): Entry {
    const agent = agents.byServiceHost(serviceHost);
    if (!agent) throw new GatewayError('ERR_AGENT_UNKNOWN', 'there is no such agent: check the service host');
    checkOrigin(origin, agent.allowedOrigins);
    const body = bodyOf(address, agent);
    if (agent.auth === 'none') {
      return { isNamed: true, admit: () => admitOpenly(agent, address.endpoint, body, options) };
    }
    const grant = readGrant(address.token);
    if (grant.serviceHost !== serviceHost) throw refused();
    return { isNamed: true, admit: () => admitOnce(agent, grant, options) };
  }

  function late({ endpoint, body: encoded }: Address, origin: string | undefined): Entry {
    checkOrigin(origin, []);
    if (endpoint === 'generic') {
      throw invalid('no service host: connect to /ws/generic/{agent}.{organization}');
    }
    if (!anyOpen) throw refused();
    const body = queryBody(encoded);
    return {
      isNamed: false,
      async admit(serviceHost) {
        const agent = serviceHost === undefined ? null : agents.byServiceHost(serviceHost);
        if (agent?.auth !== 'none') throw refused();
        return admitOpenly(agent, endpoint, body, options);
      },
    };
  }

  return {
    check(address, origin) {
      const { serviceHost, token } = address;
      const name = serviceHost ?? (token === null ? null : readGrant(token).serviceHost);
      return name === null ? late(address, origin) : named(name, address, origin);
    },
  };
}

/** Takes the session that the token stands for: nobody else gets it. */
async function admitOnce(agent: Agent, grant: Grant, { sessions }: DoorOptions): Promise<Admission> {
  const session = await sessions.take(grant.key);
  if (!session) throw refused();
  return { agent, session, ticket: grant };
}

async function admitOpenly(
  agent: Agent,
  provider: string,
  body: string | null,
  { sessions, now }: DoorOptions,
): Promise<Admission> {
  const { name, organization, maxSessions } = agent;
  const session = {
    id: randomUUID(),
    agent: name,
    organization,
    provider,
    call: null,
    body,
    createdAt: now(),
  };
  await sessions.open(session, maxSessions);
  return { agent, session, ticket: null };
}

/** Carriers send no Origin. A page does, and may only talk to agents that list it. */
function checkOrigin(origin: string | undefined, allowed: readonly string[]): void {
  if (origin === undefined || allowed.includes(origin)) return;
  throw new GatewayError(
    'ERR_ORIGIN_REFUSED',
    'this page may not open a socket here: add its origin to allowed_origins',
  );
}

function bodyOf({ body }: Address, agent: Agent): string | null {
  if (body === null || agent.auth === 'none') return queryBody(body);
  throw invalid('?body= is for agents without tokens: give the body to /start');
}

function queryBody(encoded: string | null): string | null {
  const body = encoded === null ? null : readQueryBody(encoded);
  if (encoded === null || body !== null) return body;
  throw invalid('?body= must be base64 of JSON, 4096 bytes of JSON at most');
}

function refused(): GatewayError {
  const sentence = 'the token is missing, wrong, expired or used: get a fresh one from /start';
  return new GatewayError('ERR_TOKEN_REFUSED', sentence);
}

function invalid(sentence: string): GatewayError {
  return new GatewayError('ERR_REQUEST_INVALID', sentence);
}
