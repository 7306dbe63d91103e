import { GatewayError } from '../../shared/errors.ts';

const ELSEWHERE = 'see the configuration file and the README of this gateway';
const DEPLOY = `agents are not deployed, changed or deleted over HTTP: ${ELSEWHERE}`;
const NO_BUILDS = 'nothing is built here: build and start your bot where it runs, and name its URL in bots';

/**
 * What the REST API and the Python client of Pipecat Cloud ask for beside agents and sessions, by the paths of both
 * (read 2026-11-21, as docs/session-api.md says), and what there is instead.
 */
const TOPICS = {
  'agent-profiles': 'there are no agent profiles: bots run where you start them, as large as you make them',
  apiKeys: 'keys are not made over HTTP: set HOOKSWITCH_PUBLIC_KEYS and HOOKSWITCH_PRIVATE_KEYS',
  builds: NO_BUILDS,
  daily: 'there are no Daily rooms: calls come over WebSockets',
  github: NO_BUILDS,
  properties: `organizations have no properties, and ${DEPLOY}`, // what `deploy` asks for first
  regions: 'there are no regions: a gateway runs where you start it',
  'registry-keys': NO_BUILDS,
  secrets: 'no secrets are kept for bots: give them to your bot where you start it',
  'spend-limit': 'nothing is billed, so nothing can be limited: max_agents limits the sessions of an agent',
};
const OF_AGENTS = {
  '': DEPLOY,
  '/:agent': DEPLOY,
  '/:agent/deployments{/*rest}': DEPLOY,
  '/:agent/environments/*rest': NO_BUILDS,
  '/:agent/logs': 'the log of a bot is where it runs, and that of the gateway on its standard error',
};
const USERS = 'keys belong to organizations, not to people: ask for /v1/organizations';

const ORGANIZATION = '/v1/organizations/:organization';

/** Sentences by path, as express spells it. To be asked after all that there is. */
export const absent: ReadonlyMap<string, string> = new Map([
  ...['/v1/agents', `${ORGANIZATION}/services`].flatMap((base) => under(base, OF_AGENTS)),
  ...['/v1', ORGANIZATION].flatMap((base) =>
    Object.entries(TOPICS).map(([topic, sentence]) => [`${base}/${topic}{/*rest}`, sentence] as const),
  ),
  ['/v1/users', USERS] as const,
]);

function under(base: string, sentences: Readonly<Record<string, string>>): (readonly [string, string])[] {
  return Object.entries(sentences).map(([path, sentence]) => [base + path, sentence]);
}

export function notImplemented(sentence: string): GatewayError {
  return new GatewayError('ERR_NOT_IMPLEMENTED', sentence);
}
