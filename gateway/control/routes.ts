import { GatewayError } from '../../shared/errors.ts';
import { queryOf } from '../../shared/form.ts';
import { json, type HttpHandler } from '../../shared/http.ts';
import type { Agent, AgentTable } from '../agents.ts';
import type { Authorize } from '../keys.ts';
import type { Log } from '../log.ts';
import type { BotPools } from '../pools/pools.ts';
import { refusalOf } from '../refusals.ts';
import type { SessionStore } from '../sessions/store.ts';
import { absent, notImplemented } from './absent.ts';
import { readListQuery } from './session-query.ts';
import { sessionOf, unknownSession } from './session-of.ts';
import { stopSession } from './stop.ts';
import { agentView, sessionInFull, sessionView } from './views.ts';

export interface ControlOptions {
  readonly agents: AgentTable;
  readonly sessions: SessionStore;
  readonly pools: Pick<BotPools, 'of'>;
  /** By private key. Asked before anything else is looked at. */
  readonly organizationOf: Authorize;
  readonly log: Log;
}

/** Names in a path, decoded: `:organization`, `:agent`, `:session`. */
export type PathNames = Readonly<Record<string, unknown>>;

/** A handler and the path it is for, as express spells it. */
export interface ControlRoute {
  readonly method: 'get' | 'delete' | 'all';
  readonly path: string;
  readonly handlerFor: (names: PathNames) => HttpHandler;
}

interface Asked {
  /** Whose key it was. */
  readonly organization: string;
  readonly agent: string;
  readonly session: string;
  /** Without "?". */
  readonly query: string;
}
/** Resolves with the JSON of a 200. Rejects with a GatewayError. */
type Action = (asked: Asked) => Promise<object>;
type Row = readonly [method: ControlRoute['method'], path: string, action: Action];

/** Who runs, and how to end it: the paths of Pipecat Cloud's REST reference, and those of its Python client. */
export function controlRoutes(options: ControlOptions): ControlRoute[] {
  const { agents, sessions, pools, organizationOf, log } = options;
  const view = async (agent: Agent): Promise<object> => {
    const pool = pools.of(agent);
    const ready = pool.bots().some(({ url }) => !pool.isOut(url));
    return agentView(agent, await sessions.count(agent.organization, agent.name), ready);
  };
  const named = ({ organization, agent }: Asked): Agent => agents.inOrganization(organization, agent);

  const listAgents: Action = async ({ organization }) => {
    const own = agents.all.filter((agent) => agent.organization === organization);
    return { services: await Promise.all(own.map(view)) };
  };
  const showAgent: Action = async (asked) => view(named(asked));
  const list: Action = async (asked) => {
    const { name: agent, organization } = named(asked);
    const query = { organization, agent, ...readListQuery(asked.query) };
    const { total, records } = await sessions.list(query);
    return { total_count: total, sessions: records.map(sessionView) };
  };
  const show: Action = async (asked) => {
    const record = await sessionOf(named(asked), asked.session, sessions);
    return sessionInFull(record, await sessions.events(record.id));
  };
  const stop: Action = async (asked) => {
    const { id, agent } = await sessionOf(named(asked), asked.session, sessions);
    const record = await stopSession(sessions, id);
    if (!record) throw unknownSession();
    log.info({ session: id, agent, status: record.ending?.status }, 'session stopped');
    return { status: 'terminated', session_id: id };
  };

  const missing =
    (path: string, sentence: string): Action =>
    async (asked) => {
      if (path.includes('/:agent')) named(asked);
      throw notImplemented(sentence);
    };

  const rows: readonly Row[] = [
    ['get', '', listAgents],
    ['get', '/:agent/sessions', list],
    ['get', '/:agent/sessions/:session', show],
    ['delete', '/:agent/sessions/:session', stop],
  ];
  const under = (base: string, rowsThere: readonly Row[]): ControlRoute[] =>
    rowsThere.map(([method, path, action]) => ({
      method,
      path: base + path,
      handlerFor: handler(action, organizationOf),
    }));
  return [
    ...under('/v1/agents', [...rows, ['get', '/:agent', showAgent]]),
    // The client reads `body` of this one answer.
    ...under('/v1/organizations/:organization/services', [
      ...rows,
      ['get', '/:agent', async (asked) => ({ body: await showAgent(asked) })],
    ]),
    ...under('', [
      ['get', '/v1/organizations', listOrganizations],
      ...[...absent].map(([path, sentence]): Row => ['all', path, missing(path, sentence)]),
    ]),
  ];
}

/** The one that the key is for. */
const listOrganizations: Action = async ({ organization: name }) => ({
  organizations: [{ name, verboseName: name }],
});

function handler(action: Action, organizationOf: Authorize): ControlRoute['handlerFor'] {
  return (names) =>
    async ({ headers, url }) => {
      try {
        const own = organizationOf(headers['authorization']);
        if ((names['organization'] ?? own) !== own) throw foreign();
        const agent = String(names['agent']);
        const session = String(names['session']);
        return json(200, await action({ organization: own, agent, session, query: queryOf(url) }));
      } catch (error) {
        return refusalOf(error);
      }
    };
}

function foreign(): GatewayError {
  return new GatewayError(
    'ERR_AGENT_UNKNOWN',
    'this key is for another organization: see the name in the configuration',
  );
}
