import { GatewayError } from '../shared/errors.ts';
import type { StreamsOnly, UpgradeRequest } from '../shared/provider.ts';
import type { StreamFacts } from '../shared/stream.ts';
import type { Address } from './address.ts';
import { serviceHostOf, type Agent, type AgentTable } from './agents.ts';
import { readQueryBody } from './query-body.ts';
import { newSession } from './sessions/new-session.ts';
import type { Session, SessionStore, Ticket } from './sessions/store.ts';
import { isStreamSecret } from './stream-secrets.ts';
import type { Grant, TokenSigner } from './token.ts';
import {
  callTicket,
  refusedSignature,
  requireCanonical,
  requireSignature,
  seenSignature,
  type Signers,
  type SignatureSeen,
} from './upgrade-signature.ts';

/** Somebody who may talk, and to whom. */
export interface Admission {
  readonly agent: Agent;
  readonly session: Session;
  /** Null when the agent asks for no token. */
  readonly ticket: Ticket | null;
  /** True where only the stream says which call it is: whoever opened it may name anybody's. */
  readonly isCallClaimed?: boolean;
  /** Of the carrier, on the upgrade, where nobody required it; absent where the carrier signs none. */
  readonly signature?: SignatureSeen;
}

/** Somebody whose request was found good, before any store was asked. */
export interface Entry {
  /** False where only the stream says more: its agent, if that asks for nothing, or its call, if the carrier has signed. */
  readonly isNamed: boolean;
  /**
   * Lets in. Rejects with ERR_AT_CAPACITY, ERR_STORE_UNAVAILABLE, ERR_SIGNATURE_REFUSED, or ERR_TOKEN_REFUSED with one and
   * the same sentence for every reason.
   */
  readonly admit: (stream?: StreamFacts) => Promise<Admission>;
}

export interface Door {
  /**
   * Decides from an upgrade request alone who may knock: who forges one costs a MAC, and nothing is asked, opened or
   * kept. Throws ERR_AGENT_UNKNOWN, ERR_ORIGIN_REFUSED, ERR_REQUEST_INVALID, ERR_SIGNATURE_REFUSED, or ERR_TOKEN_REFUSED.
   */
  check(address: Address, upgrade: UpgradeRequest): Entry;
}

export interface DoorOptions {
  readonly agents: AgentTable;
  readonly tokens: TokenSigner;
  readonly sessions: SessionStore;
  readonly signers: Signers;
  /** ws(s):// URL under which carriers and clients reach us, without a slash at its end. */
  readonly publicWsUrl: string;
  /** Carriers without a webhook that have their variables set. */
  readonly streamsOnly: ReadonlyMap<string, StreamsOnly>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export function door(options: DoorOptions): Door {
  const { agents, tokens, signers } = options;
  const anyOpen = agents.all.some(({ auth }) => auth === 'none');

  function readGrant(token: string | null): Grant {
    const grant = token === null ? null : tokens.read(token);
    if (!grant) throw refused();
    return grant;
  }

  function named(serviceHost: string, address: Address, upgrade: UpgradeRequest): Entry {
    const { endpoint } = address;
    const agent = agents.byServiceHost(serviceHost);
    if (!agent) throw new GatewayError('ERR_AGENT_UNKNOWN', 'there is no such agent: check the service host');
    checkOrigin(upgrade.headers['origin'], agent.allowedOrigins);
    const body = bodyOf(address, agent);
    if (agent.auth === 'none') {
      return { isNamed: true, admit: () => admitOpenly(agent, address.endpoint, body, options) };
    }
    if (isKnown(agent, address, upgrade, options)) {
      return { isNamed: true, admit: () => admitOpenly(agent, address.endpoint, body, options) };
    }
    if (agent.auth === 'signature') {
      requireCanonical(address, upgrade, options.publicWsUrl);
      requireSignature(signers, endpoint, upgrade);
      return { isNamed: false, admit: (stream) => admitCall(agent, endpoint, stream, options) };
    }
    const grant = readGrant(address.token);
    if (grant.serviceHost !== serviceHost) throw refused();
    if (agent.signature === 'required') requireSignature(signers, endpoint, upgrade);
    const seen = agent.signature === 'off' ? seenSignature(signers, endpoint, upgrade) : null;
    return { isNamed: true, admit: () => admitOnce(agent, grant, seen, options) };
  }

  function late({ endpoint, body: encoded }: Address, { headers }: UpgradeRequest): Entry {
    checkOrigin(headers['origin'], []);
    if (endpoint === 'generic') {
      throw invalid('no service host: connect to /ws/generic/{agent}.{organization}');
    }
    if (!anyOpen) throw refused();
    const body = queryBody(encoded);
    return {
      isNamed: false,
      async admit(stream) {
        const serviceHost = stream && namedIn(stream);
        const agent = serviceHost === undefined ? null : agents.byServiceHost(serviceHost);
        if (agent?.auth !== 'none') throw refused();
        return admitOpenly(agent, endpoint, body, options);
      },
    };
  }

  return {
    check(address, upgrade) {
      const { serviceHost, token } = address;
      const name = serviceHost ?? (token === null ? null : readGrant(token).serviceHost);
      return name === null ? late(address, upgrade) : named(name, address, upgrade);
    },
  };
}

/**
 * Is this a carrier without a webhook? By its signature, or where it signs nothing by the agent's static secret, which opens
 * nothing else. Throws ERR_SIGNATURE_REFUSED.
 */
function isKnown(
  { streamSecrets }: Agent,
  { endpoint, token }: Address,
  upgrade: UpgradeRequest,
  { streamsOnly }: Pick<DoorOptions, 'streamsOnly'>,
): boolean {
  const owner = streamsOnly.get(endpoint);
  if (!owner?.verifyUpgrade) return owner !== undefined && isStreamSecret(token, streamSecrets);
  const check = owner.verifyUpgrade(upgrade);
  if (check.ok) return true;
  throw refusedSignature("the carrier's signature on this upgrade is missing or wrong", check.reason);
}

/** Takes the session that the token stands for: nobody else gets it. */
async function admitOnce(
  agent: Agent,
  grant: Grant,
  signature: SignatureSeen | null,
  { sessions }: DoorOptions,
): Promise<Admission> {
  const session = await sessions.take(grant.key);
  if (!session) throw refused();
  return { agent, session, ticket: grant, ...(signature && { signature }) };
}

/** Takes the session that waits for this phone call since its webhook: a signature alone opens nothing, and nothing twice. */
async function admitCall(
  agent: Agent,
  provider: string,
  stream: StreamFacts | undefined,
  { sessions, now }: DoorOptions,
): Promise<Admission> {
  if (!stream) throw new TypeError('a signed upgrade is admitted by its stream');
  const serviceHost = namedIn(stream);
  if (serviceHost !== undefined && serviceHost !== serviceHostOf(agent)) {
    throw new GatewayError('ERR_TOKEN_REFUSED', 'the stream is for another agent');
  }
  const session = await sessions.take(callTicket(provider, agent, stream.callId, now()).key);
  if (!session) throw refusedSignature('no session waits for this call');
  return { agent, session, ticket: callTicket(provider, agent, stream.callId, session.createdAt) };
}

/** The service host that a stream itself names. */
export function namedIn({ parameters }: StreamFacts): string | undefined {
  return parameters['_pipecatCloudServiceHost'];
}

async function admitOpenly(
  agent: Agent,
  provider: string,
  body: string | null,
  { sessions, now }: DoorOptions,
): Promise<Admission> {
  const session = newSession(agent, { provider, call: null, body }, now());
  await sessions.open(session, agent.maxSessions);
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
