import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Argument, Option, type Command } from 'commander';
import * as modules from '../../providers/index.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { ProviderModule } from '../../shared/provider.ts';
import { filesOf } from './files.ts';
import { readSettings, type SettingFlags } from './settings.ts';
import { checkExport, targets, type Target } from './targets.ts';

const help = `
The file has everything but the keys, which the platform hands it as variables; README.md beside it has the five steps.

  twilio-function   Twilio Functions; for carriers whose signature needs no raw body
  lambda            AWS Lambda behind a function URL or API Gateway (payload formats 1.0 and 2.0)
  fetch             Cloudflare Workers, Deno, Bun: whatever takes "export default { fetch }"

Examples:
  $ hookswitch export twilio-function --provider twilio --agent support --start-url https://voice.example.com --out support
  $ hookswitch export lambda --provider telnyx --agent support --start-url https://voice.example.com --out support \\
      --say "Nobody can talk to you right now. We connect you." --dial +15551230000
  $ hookswitch export fetch --provider plivo --start-url https://api.pipecat.daily.co/v1/public/support/start --out support

Exit code 0 when the files are there, 2 when a word makes no sense or the platform cannot check the carrier's signature.`;

interface Flags extends SettingFlags {
  readonly provider: string;
  readonly out: string;
  readonly force?: boolean;
}

export interface ExportPlace {
  /** What scripts/functions.mjs built. */
  readonly templates: string;
  readonly version: string;
  readonly stdout: { write(text: string): unknown };
}

export function addExport(program: Command): void {
  registerExport(program, {
    templates: fileURLToPath(new URL('../../functions/', import.meta.url)),
    version: program.version() ?? '',
    stdout: process.stdout,
  });
}

export function registerExport(program: Command, place: ExportPlace): void {
  program
    .command('export')
    .description("write a carrier's webhook as one file for Twilio Functions, Lambda or Workers")
    .addArgument(new Argument('<target>', 'the platform').choices(targets))
    .addOption(new Option('-p, --provider <name>', 'the carrier').choices(names()).makeOptionMandatory())
    .requiredOption(
      '-s, --start-url <url>',
      "the gateway, or the whole URL of its (or Pipecat Cloud's) /start",
    )
    .requiredOption('-o, --out <dir>', 'folder to write into')
    .option('-a, --agent <name>', 'who takes the calls (default: the one in --start-url)')
    .option('-n, --number <number...>', 'called numbers that get a session, E.164 (default: all)')
    .addOption(
      new Option('--start-api <kind>', 'whose /start it is, where its host does not say it').choices([
        'hookswitch',
        'pipecat-cloud',
      ]),
    )
    .addOption(
      new Option('--websocket-auth <kind>', "what the agent's websocket_auth is").choices(['token', 'none']),
    )
    .option('--say <text>', 'without a session, the caller hears this')
    .option('--play <url>', '… then this audio file')
    .option('--dial <number>', '… then is connected to this number, E.164')
    .option('--redirect <url>', '… then gets the document at this URL')
    .option(
      '--callbacks <url>',
      "public URL of a gateway with this carrier's credentials: it takes over when a bot is lost",
    )
    .option('--public-url <url>', 'what carriers know the platform by, where the platform does not say it')
    .option('-f, --force', 'write over files that differ')
    .addHelpText('after', help)
    .action((target: Target, flags: Flags) => exportHandler(target, flags, place));
}

function exportHandler(target: Target, flags: Flags, { templates, version, stdout }: ExportPlace): void {
  const module = moduleOf(flags.provider);
  checkExport(target, module);
  const files = filesOf({ target, module, settings: readSettings(flags) }, templates, version);
  const changed = [...files]
    .filter(([path, text]) => differs(join(flags.out, path), text))
    .map(([path]) => path);
  if (changed.length > 0 && flags.force !== true) {
    throw mistake(
      `${flags.out} has ${changed.join(', ')} already, and different: take another --out, or add --force`,
    );
  }
  for (const [path, text] of files) {
    mkdirSync(dirname(join(flags.out, path)), { recursive: true });
    writeFileSync(join(flags.out, path), text);
    stdout.write(`${join(flags.out, path).padEnd(56)} ${Buffer.byteLength(text)} bytes\n`);
  }
  stdout.write(`\nNext: the five steps in ${join(flags.out, 'README.md')}\n`);
}

function differs(path: string, text: string): boolean {
  return existsSync(path) && readFileSync(path, 'utf8') !== text;
}

function names(): string[] {
  return Object.values(modules).map(({ name }) => name);
}

function moduleOf(name: string): ProviderModule {
  const module = Object.values(modules).find((candidate) => candidate.name === name);
  if (!module) throw mistake(`--provider takes one of ${names().join(', ')}`);
  return module;
}

function mistake(sentence: string): GatewayError {
  return new GatewayError('ERR_REQUEST_INVALID', sentence);
}
