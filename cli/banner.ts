import { serviceHostOf, type Agent } from '../gateway/agents.ts';
import { configuredStreams } from '../gateway/carriers.ts';
import type { Config } from '../gateway/config/config.ts';
import type { State } from './state.ts';
import type { Served } from './worker-gateway.ts';

export interface BannerFacts {
  readonly config: Config;
  readonly gateway: Served;
  readonly state: State | null;
  readonly stateFile: string;
}

/** What to try next, ready to be pasted. Shows keys only where they were made up for this one machine. */
export function banner(facts: BannerFacts): string {
  const [agent] = facts.config.organizations.flatMap(({ agents }) => agents);
  if (!agent) return '';
  const lines = [
    `Hookswitch is up at ${facts.gateway.publicUrl}, agent ${serviceHostOf(agent)}.`,
    ...webhookLines(facts, agent),
    ...socketLines(facts, agent),
    ...stateLines(facts),
  ];
  return `\n${lines.join('\n')}\n\n`;
}

function webhookLines(facts: BannerFacts, agent: Agent): string[] {
  const { config } = facts;
  const { publicUrl, providers } = facts.gateway;
  const streams = streamLines(facts, agent);
  const title = config.invented.carriers
    ? 'Webhooks, with made-up credentials for this machine only'
    : "Webhooks to paste into the carriers' consoles";
  // `call` looks for a gateway there by itself.
  const isUsual = publicUrl === 'http://127.0.0.1:7860';
  const elsewhere = isUsual ? '' : ` --webhook ${publicUrl}/webhooks/twilio`;
  const webhooks = providers.map(
    (provider) => `  ${provider.padEnd(11)}POST ${publicUrl}/webhooks/${provider}/${agent.name}`,
  );
  return [
    '',
    `${title}:`,
    ...(webhooks.length > 0 ? webhooks : ['  none: no carrier has credentials']),
    ...streams,
    ...(config.invented.carriers
      ? ['Place a call, as a carrier would:', `  hookswitch call twilio${elsewhere}`]
      : []),
  ];
}

/** Carriers without a webhook are told the address of the stream itself. */
function streamLines({ config, gateway: { publicUrl } }: BannerFacts, agent: Agent): string[] {
  const carriers = [...configuredStreams(config.carriers).values()];
  if (carriers.length === 0) return [];
  const wsUrl = `${publicUrl.replace(/^http/, 'ws')}/ws`;
  return [
    `Streams${config.invented.carriers ? '' : ' to paste into the consoles'} of carriers without webhooks; SECRET is one of stream_secrets:`,
    ...carriers.map((carrier) => {
      const { name } = carrier;
      const secret = agent.auth === 'none' || carrier.verifyUpgrade !== undefined ? '' : '/SECRET';
      return `  ${name.padEnd(11)}${wsUrl}/${name}/${serviceHostOf(agent)}${secret}`;
    }),
  ];
}

function socketLines({ config, gateway: { publicUrl }, state }: BannerFacts, agent: Agent): string[] {
  if (agent.auth === 'signature') return []; // its sockets are for carriers alone
  const key = config.invented.keys && state ? state.invented.publicKey : 'pk_…';
  const wsUrl = `${publicUrl.replace(/^http/, 'ws')}/ws/generic/${serviceHostOf(agent)}`;
  return [
    '',
    'Start a session:',
    `  curl -X POST ${publicUrl}/v1/public/${agent.name}/start -H 'Authorization: Bearer ${key}' \\`,
    `       -H 'content-type: application/json' -d '{"transport":"websocket"}'`,
    agent.auth === 'token' ? 'Open its socket, with the token of the answer:' : 'Open a socket:',
    `  npx wscat -c ${wsUrl}${agent.auth === 'token' ? '/TOKEN' : ''}`,
  ];
}

function stateLines({ config, state, stateFile }: BannerFacts): string[] {
  if (!state) return [];
  const isFirst = config.invented.keys && state.isNew;
  return [
    '',
    ...(isFirst ? [`Private key, shown this once: ${state.invented.privateKey}`] : []),
    `Made-up keys and credentials are in ${stateFile}. Delete it to have new ones.`,
  ];
}
