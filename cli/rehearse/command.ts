import type { Command } from 'commander';
import { isServiceHost, serviceHostOf, type Agent } from '../../gateway/agents.ts';
import { allProviders } from '../../gateway/carriers.ts';
import type { Config } from '../../gateway/config/config.ts';
import { invent } from '../../gateway/config/invented.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { ProviderModule } from '../../shared/provider.ts';
import { addConfigOptions, loadConfig, type ConfigOptions } from '../load-config.ts';
import { printRehearsal, printScene } from './print.ts';
import { rehearse, type Rehearsal } from './rehearsal.ts';
import { abouts, SCENES, type Scene } from './scenes.ts';

/** Seconds: what a bot has to answer its dial, and a carrier to ask again. Callers who hear nothing longer hang up. */
const MAX_SILENCE = 8;

const carriers = allProviders.filter((module) => !module.streamsOnly);

const help = `
Scenes:
${SCENES.map((scene) => `  ${scene.padEnd(12)}${abouts[scene]}`).join('\n')}
  all         one after the other

Calls go through a real gateway, in this process, with your configuration, on this machine only: your bots are
replaced by faulty ones, those of other agents by the demo bot; no carrier, number or URL is asked; carriers'
credentials are made up. What a carrier says or plays takes no time here.

Examples:
  hookswitch rehearse demo bot-dies                        with nothing configured
  hookswitch rehearse support all --config hookswitch.toml
  hookswitch rehearse support bot-slow --carrier twilio --max-silence 4

Exit codes: 0 nobody is left in silence, 1 somebody is, or hears the carrier's own error message, 2 the command or the
configuration makes no sense.`;

interface Flags extends ConfigOptions {
  readonly carrier?: readonly string[];
  readonly maxSilence: string;
  readonly json?: boolean;
}

export function addRehearse(program: Command): void {
  addConfigOptions(program.command('rehearse'))
    .summary('tell what callers hear when something goes wrong')
    .description(
      'Places simulated calls while something is wrong, and tells what the callers hear, and when.',
    )
    .argument('<agent>', 'an agent of the configuration: its name, or its service host')
    .argument('<scene>', `${SCENES.join(', ')}, or all`)
    .option('--carrier <names...>', `only these of ${carriers.map(({ name }) => name).join(', ')}`)
    .option('--max-silence <seconds>', 'that a caller may hear nothing', `${MAX_SILENCE}`)
    .option('--json', 'print all rehearsals as one JSON array')
    .addHelpText('after', help)
    .action(run);
}

async function run(name: string, sceneName: string, flags: Flags): Promise<void> {
  const scenes = scenesOf(sceneName);
  const callers = carriersOf(flags.carrier);
  const maxSilence = secondsIn(flags.maxSilence) * 1000;
  const { config } = loadConfig(flags, process.env, () => ({ invented: invent(allProviders), isNew: true }));
  const options = { config, agent: agentOf(name, config), maxSilence };
  const all: Rehearsal[] = [];
  for (const scene of scenes) {
    const rehearsals = await Promise.all(callers.map((carrier) => rehearse(scene, carrier, options)));
    all.push(...rehearsals);
    const [first] = rehearsals;
    if (!flags.json && first) write(printScene(first) + rehearsals.map(printRehearsal).join('') + '\n');
  }
  if (flags.json) write(`${JSON.stringify(all)}\n`);
  const failed = all.filter(({ verdict }) => !verdict.ok).length;
  if (!flags.json) write(`${all.length - failed} of ${all.length} callers were not left in silence.\n`);
  if (failed > 0) process.exitCode = 1;
}

function scenesOf(name: string): readonly Scene[] {
  if (name === 'all') return SCENES;
  const scene = SCENES.find((known) => known === name);
  if (scene) return [scene];
  throw invalid(`"${name}" is no scene: use ${SCENES.join(', ')}, or all`);
}

function carriersOf(names: readonly string[] | undefined): readonly ProviderModule[] {
  if (names === undefined) return carriers;
  return names.map((name) => {
    const carrier = carriers.find((module) => module.name === name);
    if (carrier) return carrier;
    throw invalid(
      `"${name}" is no carrier with a webhook: use ${carriers.map((known) => known.name).join(', ')}`,
    );
  });
}

function secondsIn(text: string): number {
  const seconds = Number(text);
  if (text.trim() !== '' && seconds > 0 && seconds <= 60) return seconds;
  throw invalid('--max-silence must be more than 0 and at most 60 seconds');
}

function agentOf(name: string, { organizations }: Config): Agent {
  const agents = organizations.flatMap((organization) => organization.agents);
  const host = isServiceHost(name) ? name : `${name}.${organizations[0]?.name}`;
  const agent = agents.find((known) => serviceHostOf(known) === host);
  if (agent) return agent;
  throw invalid(`there is no agent "${name}": use ${agents.map(serviceHostOf).join(', ')}`);
}

function invalid(sentence: string): GatewayError {
  return new GatewayError('ERR_REQUEST_INVALID', sentence);
}

function write(text: string): void {
  process.stdout.write(text);
}
