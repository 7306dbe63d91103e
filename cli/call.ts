import type { Command } from 'commander';
import { allProviders } from '../gateway/carriers.ts';
import type { Env } from '../shared/env.ts';
import { GatewayError } from '../shared/errors.ts';
import type { ProviderModule } from '../shared/provider.ts';
import {
  DEFAULT_LINGER,
  placeCall,
  printEntry,
  printHeading,
  printOutcome,
  reportJson,
  saveCall,
  shippedSource,
  shownUrl,
  sourceOfRecording,
  sourceOfWav,
  type CallerSource,
  type CallReport,
} from '../simulator/index.ts';
import { keyFor } from './ask-gateway.ts';
import { callOut, OUTBOUND_DEFAULTS, type OutboundFlags } from './call-outbound.ts';
import { readPlan, type CallFlags, type CallPlan } from './call-options.ts';

/** The outside world of the command. */
export interface CallTools {
  readonly env: Env;
  /** What a gateway on this machine, with nothing configured, has made up; null when there was none. */
  readonly readState: (env: Env) => {
    readonly credentials: Readonly<Record<string, string>>;
    /** What carriers without a webhook show at the demo agent's socket. */
    readonly streamSecret: string;
    /** What may start sessions and place calls there. */
    readonly publicKey: string;
  } | null;
  readonly stdout: Output;
  readonly stderr: Output;
}

interface Output {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

const DEFAULT_CALLER = '+15551230001';
const DEFAULT_CALLED = '+15551230000';

const names = allProviders.map(({ name }) => name).join(', ');

const EXAMPLES = `
The whole chain, over the wire: posts the signed webhook, reads the document as strictly as the carrier does, opens the
stream, plays a caller in real time, answers marks and clears, hangs up, and reports what the caller heard.

Examples:
  hookswitch call twilio                                   the recorded caller, to the gateway on this machine
  hookswitch call plivo --audio question.wav --out call/   your voice; call/heard.wav is the answer
  hookswitch call telnyx --dtmf "5@2.0,#@4.5"              keys: 5 after 2 seconds, # after 4.5
  hookswitch call twilio --webhook https://voice.example.com/webhooks/twilio
  hookswitch call twilio --outbound                        the gateway calls: this plays the carrier and who is rung
  hookswitch call plivo --outbound --callee busy           and nobody talks

--outbound asks the gateway to call (POST /v1/public/<agent>/dial) and plays the carrier's REST interface at
127.0.0.1:${OUTBOUND_DEFAULTS.apiPort}, where a gateway with nothing configured looks for it. Any other gateway has to be pointed there
(TWILIO_API_URL, PLIVO_API_URL, TELNYX_API_URL=http://127.0.0.1:${OUTBOUND_DEFAULTS.apiPort}), and asks the real carrier otherwise.
The key: HOOKSWITCH_PUBLIC_KEYS, or the one that such a gateway has generated.

Credentials to sign with: the carrier's variables (${allProviders.map(({ variables }) => variables[0]).join(', ')}, …) when they
are set, otherwise those that a gateway with nothing configured has generated on this machine. Telnyx
keeps its private key to itself: a gateway with real Telnyx credentials cannot be called from here.

Exit codes: 0 the call went well, 1 it did not (the reason and the cure are printed), 2 the command makes no sense.
`;

/** Adds `call` to the program. It sets `process.exitCode` and never throws. */
export function registerCall(program: Command, tools: CallTools): void {
  program
    .command('call')
    .summary('place a call as a carrier would, and report')
    .description('Places one simulated call through a gateway, as a carrier would.')
    .argument('<provider>', names)
    .option('--audio <file.wav>', 'what the caller says: a WAV file of any rate, depth and channel count')
    .option('--recording <file.jsonl>', 'a recorded stream of the same carrier, played again')
    .option('--dtmf <keys>', 'keys the caller presses and when, in seconds: "5@2.0,#@4.5"')
    .option('--from <number>', 'the caller', DEFAULT_CALLER)
    .option('--to <number>', 'the called number', DEFAULT_CALLED)
    .option('--webhook <url>', 'the voice webhook (default: http://127.0.0.1:7860/webhooks/<provider>)')
    .option(
      '--stream <url>',
      'for a carrier without a webhook: its stream, with the secret at the end of the path',
    )
    .option('--method <method>', 'of the webhook: GET or POST', 'POST')
    .option(
      '--status <url>',
      'told how the call ended; none tells nobody (default: /status beside the webhook)',
    )
    .option('--speed <factor>', '1 is real time; max is as fast as the other side goes along', '1')
    .option(
      '--linger <seconds>',
      'silence before hanging up, so that answers are heard',
      `${DEFAULT_LINGER / 1000}`,
    )
    .option('--outbound', 'the gateway calls; plays the carrier that it asks, and who is rung')
    .option('--agent <name>', 'with --outbound: who calls', OUTBOUND_DEFAULTS.agent)
    .option('--gateway <url>', 'with --outbound: the gateway', OUTBOUND_DEFAULTS.gateway)
    .option('--api-port <port>', 'with --outbound: where the carrier is played', OUTBOUND_DEFAULTS.apiPort)
    .option('--callee <what>', 'with --outbound: answer, busy or no-answer', OUTBOUND_DEFAULTS.callee)
    .option('--out <dir>', 'write heard.wav, said.wav, timeline.json and recording.jsonl there')
    .option('--json', 'print the report as one JSON object')
    .addHelpText('after', EXAMPLES)
    .action(async (name: string, flags: AllFlags) => {
      process.exitCode = await run(name, flags, tools);
    });
}

type AllFlags = CallFlags & OutboundFlags & { readonly outbound?: boolean };

async function run(name: string, flags: AllFlags, tools: CallTools): Promise<number> {
  try {
    const provider = providerOf(name);
    const plan = readPlan(name, flags, provider.streamsOnly ? streamAddress(name, tools) : null);
    const report = await (flags.outbound ? outbound : call)(provider, plan, flags, tools);
    if (!report) {
      if (flags.json) tools.stdout.write(`${JSON.stringify({ answered: false, callee: flags.callee })}\n`);
      return 0;
    }
    if (flags.out !== undefined) await saveCall(flags.out, report);
    tools.stdout.write(
      flags.json ? `${JSON.stringify(reportJson(report))}\n` : outcomeOf(report, flags, tools),
    );
    return report.verdict.ok ? 0 : 1;
  } catch (error) {
    tools.stderr.write(`hookswitch: ${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof GatewayError && error.code !== 'ERR_CALL_FAILED' ? 2 : 1;
  }
}

function providerOf(name: string): ProviderModule {
  const provider = allProviders.find((module) => module.name === name);
  if (provider) return provider;
  throw new GatewayError('ERR_REQUEST_INVALID', `"${name}" is no provider: use ${names}`);
}

async function call(
  provider: ProviderModule,
  plan: CallPlan,
  flags: CallFlags,
  tools: CallTools,
): Promise<CallReport> {
  const { env, stdout } = tools;
  const { from, to, webhook, status, speed, linger } = plan;
  const source = await sourceOf(provider, plan);
  const signWith = credentialsOf(provider, env, tools.readState);
  const { signal, release } = hangUpOnInterrupt();
  const show = flags.json ? () => {} : (text: string) => void stdout.write(text);
  const shown = shownUrl(provider, webhook.url);
  show(printHeading({ provider: provider.name, from, to, webhook: shown }, styleOf(stdout, env)));
  try {
    return await placeCall({
      provider,
      env: signWith,
      from,
      to,
      webhook,
      status,
      source,
      speed,
      linger,
      signal,
      onEvent: (entry) => show(printEntry(entry)),
    });
  } finally {
    release();
  }
}

/** From our number to theirs, which is the other way round than what others are called with. */
async function outbound(
  provider: ProviderModule,
  { from, to, ...plan }: CallPlan,
  flags: AllFlags,
  tools: CallTools,
): Promise<CallReport | null> {
  const { env, stdout } = tools;
  const isAsDefault = from === DEFAULT_CALLER && to === DEFAULT_CALLED;
  const numbers = isAsDefault ? { from: to, to: from } : { from, to };
  const show = flags.json ? () => {} : (text: string) => void stdout.write(text);
  const url = `${flags.gateway}/v1/public/${flags.agent}/dial`;
  show(printHeading({ provider: provider.name, ...numbers, webhook: url }, styleOf(stdout, env)));
  const { signal, release } = hangUpOnInterrupt();
  try {
    return await callOut(provider, { ...plan, ...numbers }, flags, {
      env: credentialsOf(provider, env, tools.readState),
      publicKey: keyFor('public', env, () => tools.readState(env)?.publicKey),
      source: await sourceOf(provider, { from, to, ...plan }),
      signal,
      show,
      onEvent: (entry) => show(printEntry(entry)),
    });
  } finally {
    release();
  }
}

async function sourceOf(
  provider: ProviderModule,
  { audio, recording, digits }: CallPlan,
): Promise<CallerSource> {
  const source =
    audio === null
      ? await (recording === null ? shippedSource(provider) : sourceOfRecording(recording, provider))
      : await sourceOfWav(audio);
  return { ...source, digits: [...source.digits, ...digits] };
}

/** The environment when it has any of the carrier's variables; otherwise the state file of a local gateway. */
function credentialsOf(provider: ProviderModule, env: Env, read: CallTools['readState']): Env {
  if (provider.variables.some((name) => env[name])) return env;
  const state = read(env);
  if (state) return state.credentials;
  throw new GatewayError(
    'ERR_CONFIG_INVALID',
    `there is nothing to sign as ${provider.name} with: start a gateway on this machine (npm start), ` +
      `or set ${provider.variables.join(', ')}`,
  );
}

/** Where a carrier without a webhook would open a stream: the demo agent of the gateway on this machine. */
function streamAddress(name: string, { env, readState }: CallTools): string {
  const secret = readState(env)?.streamSecret ?? '';
  return `ws://127.0.0.1:7860/ws/${name}/demo.local${secret === '' ? '' : `/${secret}`}`;
}

/** The first Ctrl-C hangs up; a second one ends the process as usual. */
function hangUpOnInterrupt(): { signal: AbortSignal; release: () => void } {
  const controller = new AbortController();
  const interrupt = (): void => controller.abort();
  process.once('SIGINT', interrupt);
  return { signal: controller.signal, release: () => void process.off('SIGINT', interrupt) };
}

function outcomeOf(report: CallReport, { out }: CallFlags, { stdout, env }: CallTools): string {
  const where =
    out === undefined ? '' : `  written   ${out}: heard.wav, said.wav, timeline.json, recording.jsonl\n`;
  return printOutcome(report, styleOf(stdout, env)) + where;
}

/** Colour for people only, and not for those who said so: https://no-color.org. */
export function styleOf({ isTTY }: Pick<Output, 'isTTY'>, env: Env): { color: boolean } {
  return { color: isTTY === true && !env.NO_COLOR };
}
