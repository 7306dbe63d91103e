import type { Command } from 'commander';
import { switchedOn } from '../../gateway/carriers.ts';
import { GatewayError } from '../../shared/errors.ts';
import { addConfigOptions, loadConfig, type ConfigOptions, type LoadedConfig } from '../load-config.ts';
import { readPublicUrl } from '../connect/public-url.ts';
import { takersText } from '../connect/takers.ts';
import { botCheckOf, checkBots } from './bots.ts';
import { failed, ok, warning, type Finding, type Findings } from './finding.ts';
import { checkNumbers, type NumberLine } from './numbers.ts';
import { printFinding, printNumber } from './print.ts';
import { checkRoundTrip } from './round-trip.ts';
import type { DoctorScene, DoctorTools } from './scene.ts';
import { checkStore } from './store.ts';
import { checkTls } from './tls.ts';

/** What the command line says. */
export interface DoctorFlags extends ConfigOptions {
  readonly url?: string;
  /** True for --idle without seconds. */
  readonly idle?: string | true;
  /** False for --no-bots. */
  readonly bots: boolean;
  readonly json?: boolean;
}

/** Seconds that a socket is kept idle: a bit more than the 60 s after which most proxies cut it off. */
const DEFAULT_IDLE = 65;
/** Seconds: a gateway ends such a socket after 180. */
export const MAX_IDLE = 150;

const help = `
Looks at everything between a caller and a bot, and says what to do: the configuration, the public URL and what becomes of
requests on the way (path, query, WebSocket, idle sockets), TLS, clocks, Redis, bots, and each number's settings at its
carrier. It starts no gateway: run it where the gateway runs, or elsewhere with the same configuration and
HOOKSWITCH_SECRETS. Dialling a bot starts it for a moment.

Examples:
  $ hookswitch doctor
  $ hookswitch doctor --url https://voice.example.com --idle    also keeps a socket idle for ${DEFAULT_IDLE} s
  $ hookswitch doctor --json --no-bots

Exit codes: 0 nothing failed, 1 something did, 2 the command makes no sense.
`;

/** Adds `doctor` to the program. It sets `process.exitCode` and never throws. */
export function registerDoctor(program: Command, tools: DoctorTools): void {
  addConfigOptions(program.command('doctor'))
    .summary('look at everything between a caller and a bot')
    .description('Checks configuration, public URL, TLS, sockets, clocks, Redis, bots and numbers.')
    .option('-u, --url <url>', 'the public URL of the gateway (default: that of the configuration)')
    .option(
      '--idle [seconds]',
      `keep a socket idle, ${DEFAULT_IDLE} s when not said, and see whether it lives`,
    )
    .option('--no-bots', 'do not dial the bots')
    .option('--json', 'print one JSON object, when all is done')
    .addHelpText('after', help)
    .action(async (flags: DoctorFlags) => {
      process.exitCode = await doctor(flags, tools);
    });
}

/** Returns the exit code. */
export async function doctor(flags: DoctorFlags, tools: DoctorTools): Promise<number> {
  try {
    const idle = idleOf(flags.idle);
    const url = readPublicUrl(flags.url);
    return await examine(flags, tools, { idle, url });
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    tools.stderr.write(`hookswitch: ${error.message}\n`);
    return 2;
  }
}

async function examine(
  flags: DoctorFlags,
  tools: DoctorTools,
  { idle, url }: { readonly idle: number | null; readonly url: string | null },
): Promise<number> {
  const findings: Finding[] = [];
  const say = (text: string): void => void (flags.json || tools.stdout.write(text));
  const tell = (finding: Finding): void => {
    findings.push(finding);
    say(printFinding(finding));
  };
  const loaded = configurationOf(flags, tools, tell);
  let numbers: readonly NumberLine[] = [];
  if (loaded) {
    const { config } = loaded;
    const scene: DoctorScene = {
      config,
      publicUrl: url ?? config.publicUrl,
      tools,
      idle,
      dialsBots: flags.bots,
    };
    for (const check of [checkTls, checkRoundTrip, checkStore, checkBots]) await heard(check(scene), tell);
    numbers = await told(checkNumbers(scene), tell);
  }
  if (numbers.length > 0) say('\n');
  const lines = numbers.map((line) => ({ ...line, todo: line.todo ?? blockerOf(line, findings) }));
  for (const line of lines) say(printNumber(line));
  const isWell =
    findings.every(({ status }) => status !== 'fail') && lines.every(({ todo }) => todo === null);
  if (flags.json) {
    const shown = lines.map(({ takers, ...line }) => ({ ...line, agents: takersText(takers) }));
    tools.stdout.write(`${JSON.stringify({ ok: isWell, findings, numbers: shown })}\n`);
  } else if (lines.length === 0) {
    say(
      isWell
        ? '\nNothing failed. No number points here yet: see "hookswitch connect --help".\n'
        : '\nSomething failed: see above.\n',
    );
  }
  return isWell ? 0 : 1;
}

/** Null when there is none. */
function configurationOf(
  flags: DoctorFlags,
  { env }: DoctorTools,
  tell: (finding: Finding) => void,
): LoadedConfig | null {
  try {
    const loaded = loadConfig(flags, env);
    const { config, file } = loaded;
    const agents = config.organizations.reduce((sum, organization) => sum + organization.agents.length, 0);
    const carriers = switchedOn(config.carriers).map(({ name }) => name);
    const made = config.invented.carriers ? ' (credentials made up)' : '';
    tell(
      ok(
        'configuration',
        `${file ?? 'no file'}: ${agents} agent${agents === 1 ? '' : 's'}; carriers: ${carriers.join(', ') || 'none'}${made}`,
      ),
    );
    for (const sentence of config.warnings)
      tell(warning('configuration', sentence, 'see docs/deployment.md'));
    return loaded;
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    tell(failed('configuration', error.message, 'correct it: nothing else can be looked at'));
    return null;
  }
}

async function heard(findings: Findings, tell: (finding: Finding) => void): Promise<void> {
  for await (const finding of findings) tell(finding);
}

/** The same for a check that ends with an answer. */
async function told<T>(findings: AsyncGenerator<Finding, T>, tell: (finding: Finding) => void): Promise<T> {
  for (;;) {
    const next = await findings.next();
    if (next.done) return next.value;
    tell(next.value);
  }
}

/** Why calls would fail although the number's settings are right; null when nothing speaks against them. */
function blockerOf({ takers }: NumberLine, findings: readonly Finding[]): string | null {
  const hosts = 'refusal' in takers ? [] : takers.shares.map(({ agent }) => botCheckOf(agent));
  const needed = ['public URL', 'TLS', 'webhook', 'WebSocket', 'Redis', ...hosts];
  const blockers = findings
    .filter(({ check, status }) => status === 'fail' && needed.includes(check))
    .map(({ check }) => check);
  return blockers.length === 0 ? null : `first see to ${[...new Set(blockers)].join(', ')}, above`;
}

function idleOf(text: string | true | undefined): number | null {
  if (text === undefined) return null;
  const seconds = text === true ? DEFAULT_IDLE : Number(text);
  if (seconds > 0 && seconds <= MAX_IDLE) return seconds * 1000;
  throw new GatewayError('ERR_REQUEST_INVALID', `--idle takes seconds, more than 0 and at most ${MAX_IDLE}`);
}
