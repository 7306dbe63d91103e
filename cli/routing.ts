import type { Command } from 'commander';
import { serviceHostOf } from '../gateway/agents.ts';
import { allProviders } from '../gateway/carriers.ts';
import type { Config } from '../gateway/config/config.ts';
import { sharedTo, type RoutingRow } from '../gateway/routing.ts';
import { GatewayError } from '../shared/errors.ts';
import { numberOf } from '../shared/party.ts';
import { sharesText, takersOf } from './connect/takers.ts';
import { addConfigOptions, loadConfig, type ConfigOptions } from './load-config.ts';

const EXAMPLES = `
Examples:
  hookswitch route twilio +15551230000                    calls to that number, at /webhooks/twilio
  hookswitch route telnyx +15551230000 --path support     the same at /webhooks/telnyx/support
  hookswitch route plivo 15551230000 --call-id 3f0c…      that one call, where a route shares calls out

Exit codes: 0 somebody takes the call, 1 nobody does, 2 the command or the configuration makes no sense.`;

interface RouteOptions extends ConfigOptions {
  readonly path?: string;
  readonly callId?: string;
}

export function addRoute(program: Command): void {
  addConfigOptions(program.command('route'))
    .summary('say which agent takes a call, and why')
    .description(
      'Says which agent would take a call to a number, and which line of the configuration says so.',
    )
    .argument('<provider>', allProviders.map(({ name }) => name).join(', '))
    .argument('<number>', 'the called number, or a SIP URI')
    .option('--path <name>', 'last segment of the webhook, as in /webhooks/<provider>/<name>')
    .option('--call-id <id>', 'the carrier’s id of one call')
    .addHelpText('after', EXAMPLES)
    .action((provider: string, number: string, options: RouteOptions) => {
      const { config } = loadConfig(options, process.env);
      const { text, found } = whoTakes(config, provider, number, options);
      process.stdout.write(`${text}\n`);
      process.exitCode = found ? 0 : 1;
    });
}

/** Throws ERR_REQUEST_INVALID for a carrier that has no webhooks. */
export function whoTakes(
  config: Config,
  name: string,
  party: string,
  { path = null, callId }: { readonly path?: string | null; readonly callId?: string },
): { readonly text: string; readonly found: boolean } {
  const module = allProviders.find((known) => known.name === name);
  if (!module) {
    const known = allProviders.map((carrier) => carrier.name).join(', ');
    throw new GatewayError('ERR_REQUEST_INVALID', `"${name}" is no carrier: use one of ${known}`);
  }
  if (module.streamsOnly)
    throw new GatewayError('ERR_REQUEST_INVALID', `${name} has no webhook: its streams name their agent`);
  const number = numberOf(party) ?? party;
  const takers = takersOf(config, module)(number, path);
  if ('refusal' in takers) return { text: `${number}: nobody, ${takers.refusal}`, found: false };
  const shares = callId === undefined ? takers.shares : [sharedTo(callId, takers.shares)];
  return { text: `${number}: ${sharesText(shares)} (${why(takers, path)})`, found: true };
}

function why({ route }: RoutingRow, path: string | null): string {
  const reasons: Readonly<Record<string, string>> = {
    numbers: 'by "numbers" of the agent',
    path: `by the path /${path ?? ''}`,
    default: 'the default agent: nobody has that number',
  };
  return reasons[route] ?? `by route ${route}`;
}

/** All ways that calls go, a line each, for people. */
export function routingLines({ organizations, routing }: Config): string[] {
  const rows = [
    ...routing.routes.flatMap(({ name, numbers, paths, provider, shares }) => {
      const by = provider === null ? '' : ` of ${provider}`;
      const ways = [...numbers, ...paths.map((path) => `/webhooks/…/${path}`)];
      return ways.map((way) => [`${way}${by}`, sharesText(shares), `route ${name}`]);
    }),
    ...organizations.flatMap(({ agents }) =>
      agents.flatMap((agent) => agent.numbers.map((number) => [number, serviceHostOf(agent), ''])),
    ),
    ['any other number', othersOf({ organizations, routing }), ''],
  ];
  const width = Math.max(...rows.map(([way = '']) => way.length));
  return rows.map(([way = '', to = '', name = '']) => `${way.padEnd(width)}  ${to}${name && `  (${name})`}`);
}

function othersOf({ organizations, routing }: Pick<Config, 'organizations' | 'routing'>): string {
  const [agent] = organizations[0]?.agents ?? [];
  if (routing.unknownNumber) return 'nobody: they get the steps of unknown_number';
  return agent ? serviceHostOf(agent) : 'nobody';
}
