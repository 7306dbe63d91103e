import { existsSync, readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { allProviders, configured, configuredStreams } from '../gateway/carriers.ts';
import { explainSaved } from '../gateway/explain/saved.ts';
import { GatewayError } from '../shared/errors.ts';
import { askGateway } from './ask-gateway.ts';
import { fitted } from './fitted.ts';
import { printRefusal, printRefusals } from './print-refusal.ts';
import { addConfigOptions, loadConfig, type ConfigOptions } from './load-config.ts';
import { readSavedRequest } from './saved-request.ts';

interface ExplainOptions extends ConfigOptions {
  readonly url: string;
  readonly at?: string;
  readonly json?: boolean;
}

const help = `
An id stands in the log line of each refusal ("hookswitch explain 3f9a2b1c"). The running gateway at --url is asked
with a private key: the first of HOOKSWITCH_PRIVATE_KEYS, else that of the state file of a local gateway. It remembers
the last 100 refusals. Without an argument they are listed.

A file is judged here, with the configuration and the variables that the gateway has. It is a request as it was
sent: raw HTTP, JSON ({"method", "url", "headers", "body"}), or a HAR. Keep it to yourself: it holds signatures.

Examples:
  $ hookswitch explain
  $ hookswitch explain 3f9a2b1c --url https://voice.example.com
  $ hookswitch explain request.txt --config hookswitch.toml
  $ hookswitch explain request.json --at 2026-11-21T19:03:30Z     as if it were then: for old timestamps

Exit code 0 when there is an answer, 1 when there is none, 2 when the words make no sense.`;

export function addExplain(program: Command): void {
  addConfigOptions(program.command('explain'))
    .description('say why a request was refused, and the one setting to change')
    .argument('[refusal]', 'id of a refusal, or file with a request')
    .option('-u, --url <url>', 'the running gateway', 'http://127.0.0.1:7860')
    .option('--at <time>', 'judge a file as if it were then (ISO 8601)')
    .option('--json', 'print JSON')
    .addHelpText('after', help)
    .action(explain);
}

async function explain(what: string | undefined, options: ExplainOptions): Promise<void> {
  if (what !== undefined && existsSync(what)) return explainFile(what, options);
  if (what !== undefined && !/^[0-9a-f]{8}$/.test(what)) {
    throw new GatewayError(
      'ERR_REQUEST_INVALID',
      `${what} is no file, and no id of a refusal (8 hex digits)`,
    );
  }
  const answer = await askGateway(options.url, `/v1/refusals${what === undefined ? '' : `/${what}`}`);
  if (options.json) process.stdout.write(`${answer}\n`);
  else process.stdout.write(what === undefined ? printRefusals(answer) : shown(answer));
}

async function explainFile(file: string, options: ExplainOptions): Promise<void> {
  const { config } = loadConfig(options, process.env);
  const time = timeOf(options.at);
  // The carriers' own libraries look at the clock themselves.
  Date.now = time;
  const verdict = await explainSaved(readSavedRequest(readFileSync(file, 'utf8')), {
    config,
    publicUrl: config.publicUrl ?? `http://127.0.0.1:${config.port}`,
    providers: configured(config.carriers),
    streamsOnly: configuredStreams(config.carriers),
    modules: allProviders,
    now: time,
  });
  const json = JSON.stringify('explanation' in verdict ? verdict.explanation : verdict);
  process.stdout.write(options.json || !('explanation' in verdict) ? '' : shown(json));
  if (options.json) process.stdout.write(`${json}\n`);
  else if ('sentence' in verdict) process.stdout.write(`${verdict.sentence}\n`);
}

function timeOf(at: string | undefined): () => number {
  if (at === undefined) return Date.now;
  const ms = Date.parse(at);
  if (!Number.isNaN(ms)) return () => ms;
  throw new GatewayError('ERR_REQUEST_INVALID', '--at must be a time, such as 2026-11-21T19:03:30Z');
}

/** A refusal as wide as the terminal. */
function shown(json: string): string {
  return fitted(printRefusal(json), process.stdout.columns ?? Infinity);
}
