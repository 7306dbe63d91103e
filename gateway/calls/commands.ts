import { GatewayError } from '../../shared/errors.ts';
import { json, type HttpHandler } from '../../shared/http.ts';
import { serviceHostOf, type Agent, type AgentTable } from '../agents.ts';
import { sessionOf, unknownSession } from '../control/session-of.ts';
import { bearerOf, type Authorize } from '../keys.ts';
import { loggedError, type Log } from '../log.ts';
import { refusalOf } from '../refusals.ts';
import type { SessionCredentials } from '../secrets.ts';
import type { SessionRecord, SessionStore } from '../sessions/store.ts';
import type { HopSeals } from '../steps/hops.ts';
import { COMMANDS, readCommand, type Command, type CommandName } from './command-body.ts';
import { isCallId, type CallControls } from './controls.ts';
import { isAllowed } from './rules.ts';
import type { Transfers } from './transfers.ts';

export interface CommandOptions {
  readonly agents: AgentTable;
  readonly sessions: SessionStore;
  readonly controls: CallControls;
  /** By private key. Asked before anything else is looked at. */
  readonly organizationOf: Authorize;
  readonly credentials: SessionCredentials;
  readonly seals: HopSeals;
  readonly transfers: Transfers;
  readonly publicUrl: string;
  readonly log: Log;
}

export interface CommandRoute {
  readonly path: string;
  readonly handlerFor: (names: Readonly<Record<string, unknown>>) => HttpHandler;
}

/** A live call and who it belongs to. */
interface Commanded {
  readonly agent: Agent;
  readonly session: SessionRecord;
  /** For the log. */
  readonly by: 'operator' | 'bot';
}

/**
 * POST …/{hang-up,transfer,dtmf,say,play}: under /v1/agents/{agent}/sessions/{id} with a private key, under
 * /v1/sessions/{id} with the credential of that session, for its bot. Whichever process has the call: its carrier is told.
 */
export function commandRoutes(options: CommandOptions): CommandRoute[] {
  return COMMANDS.flatMap((name) => [
    {
      path: `/v1/agents/:agent/sessions/:session/${name}`,
      handlerFor: ({ agent, session }) =>
        command(name, options, (authorization) =>
          operated(String(agent), String(session), authorization, options),
        ),
    },
    {
      path: `/v1/sessions/:session/${name}`,
      handlerFor: ({ session }) =>
        command(name, options, (authorization) => held(String(session), authorization, options)),
    },
  ]);
}

type Find = (authorization: string | undefined) => Promise<Commanded>;

function command(name: CommandName, options: CommandOptions, find: Find): HttpHandler {
  return async (request) => {
    let found: Commanded | null = null;
    try {
      found = await find(request.headers['authorization']);
      await obey(readCommand(name, request), found, options);
      options.log.info({ ...logged(found), command: name }, 'call commanded');
      const { id, call } = found.session;
      return json(202, { sessionId: id, callId: call?.id, command: name, status: 'accepted' });
    } catch (error) {
      const response = refusalOf(error);
      if (found)
        options.log.warn({ ...logged(found), command: name, ...loggedError(error) }, 'command refused');
      return response;
    }
  };
}

function logged({ session, agent, by }: Commanded): object {
  return { session: session.id, agent: agent.name, provider: session.provider, by };
}

/** An operator may also command a call whose session is over: it may still be connected to a phone. */
async function operated(
  name: string,
  id: string,
  authorization: string | undefined,
  { agents, sessions, organizationOf }: CommandOptions,
): Promise<Commanded> {
  const agent = agents.inOrganization(organizationOf(authorization), name);
  return { agent, session: await sessionOf(agent, id, sessions), by: 'operator' };
}

/** A bot may command the call that it is on. */
async function held(
  id: string,
  authorization: string | undefined,
  { agents, sessions, credentials }: CommandOptions,
): Promise<Commanded> {
  const credential = bearerOf(authorization);
  if (credential === null || !credentials.verify(id, credential)) {
    const sentence = 'send the x-session-credential of the dial as "Authorization: Bearer …"';
    throw new GatewayError('ERR_KEY_UNKNOWN', sentence);
  }
  const session = await sessions.find(id);
  const agent = session && agents.byServiceHost(`${session.agent}.${session.organization}`);
  if (!session || !agent) throw unknownSession();
  if (session.ending) {
    throw new GatewayError('ERR_CALL_OVER', 'the session is over, and its call is not yours any more');
  }
  return { agent, session, by: 'bot' };
}

async function obey(asked: Command, { agent, session }: Commanded, options: CommandOptions): Promise<void> {
  const { controls } = options;
  const { id, provider, call } = session;
  if (!agent.calls.control) throw forbidden(`agent ${agent.name} has call_control = false`);
  if (!call || !isCallId(call.id)) {
    const cure =
      'it is no phone call, or its agent has websocket_auth = "none", where nothing vouches for the call';
    throw new GatewayError('ERR_REQUEST_INVALID', `the call of this session is not known: ${cure}`);
  }
  switch (asked.type) {
    case 'hang-up':
      return controls.of(provider, 'hangUp')(call.id);
    case 'dtmf':
      return controls.of(provider, 'sendDigits')(call.id, asked.digits);
    case 'say':
      return controls.of(provider, 'say')(call.id, asked.text);
    case 'play':
      return controls.of(provider, 'play')(call.id, asked.url);
    case 'transfer': {
      const { id: callId } = call;
      const path =
        'to' in asked
          ? numberPath({ provider, callId, number: asked.to }, agent, options)
          : await agentPath({ provider, callId, name: asked.agent, after: id }, agent, options);
      return controls.of(provider, 'redirect')(callId, options.publicUrl + path);
    }
  }
}

function numberPath(
  transfer: { readonly provider: string; readonly callId: string; readonly number: string },
  agent: Agent,
  { transfers }: CommandOptions,
): string {
  if (isAllowed(transfer.number, agent.calls.transferTo)) return transfers.pathOf(transfer);
  throw forbidden(
    `agent ${agent.name} may not transfer calls to this number: name it, or its beginning, in transfer_to`,
  );
}

/** Another agent of the same organisation, which begins the call anew. Refused here where the caller would get an apology. */
async function agentPath(
  { provider, callId, name, after }: Readonly<Record<'provider' | 'callId' | 'name' | 'after', string>>,
  { organization }: Agent,
  { agents, sessions, seals }: CommandOptions,
): Promise<string> {
  const target = agents.inOrganization(organization, name);
  const { live, reserved } = await sessions.count(organization, name);
  if (live + reserved >= (target.maxSessions ?? Infinity)) {
    throw new GatewayError('ERR_AT_CAPACITY', `agent ${name} is full: the call stays where it is`);
  }
  const serviceHost = serviceHostOf(target);
  const seal = seals.seal({ count: 1, after }, { provider, callId, serviceHost });
  return `/webhooks/${provider}/${serviceHost}?hop=${seal}`;
}

function forbidden(sentence: string): GatewayError {
  return new GatewayError('ERR_CALL_FORBIDDEN', sentence);
}
