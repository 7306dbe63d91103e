import type { Command } from 'commander';
import { allProviders } from '../../gateway/carriers.ts';
import type { Env } from '../../shared/env.ts';
import { addConfigOptions, type ConfigOptions } from '../load-config.ts';
import { carrierErrorOf } from './carrier-error.ts';
import { changeNumber } from './change.ts';
import { listNumbers } from './list.ts';
import { openScene } from './scene.ts';
import { undoNumber } from './undo.ts';

/** What the command line says. */
export interface ConnectFlags extends ConfigOptions {
  readonly number?: string;
  readonly agent?: string;
  readonly url?: string;
  readonly fallbackUrl?: string;
  /** False for --no-status. */
  readonly status: boolean;
  readonly apply?: boolean;
  readonly undo?: boolean;
  readonly json?: boolean;
}

/** The outside world of the command. */
export interface ConnectTools {
  readonly env: Env;
  readonly fetch: typeof globalThis.fetch;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
}

const carriers = allProviders.flatMap((module) => (module.numbers ? [module.name] : []));
const others = allProviders.flatMap((module) => (module.numbers ? [] : [module.name]));

const help = `
Reads what the number points to at the carrier, and shows what would change, under the names of the carrier's console.
Nothing is written without --apply; what was there before is kept, and --undo --apply puts it back.

Examples:
  $ hookswitch connect twilio                                           the account's numbers, and what each points to
  $ hookswitch connect twilio --number +15551230000 --agent support     what would change
  $ hookswitch connect twilio --number +15551230000 --agent support --apply
  $ hookswitch connect twilio --number +15551230000 --undo --apply      as it was before

The public URL is that of the configuration (public_url, PUBLIC_URL) or --url; it must be https, and not of this machine.
Without --agent the called number decides which agent takes the call: numbers in [[agents]] and [[routes]].
Credentials: the carrier's variables. ${others.length > 0 ? `Set numbers of ${others.join(', ')} in their consoles.` : ''}

Exit codes: 0 shown, written, or nothing to do; 1 the carrier refuses, or what was written does not hold; 2 the command or
the configuration makes no sense.
`;

/** Adds `connect` to the program. It sets `process.exitCode` and never throws. */
export function registerConnect(program: Command, tools: ConnectTools): void {
  addConfigOptions(program.command('connect'))
    .summary("point a carrier's number to this gateway, or back")
    .description("Points a carrier's phone number to an agent of this gateway.")
    .argument('<provider>', carriers.join(', '))
    .option('-n, --number <number>', 'the phone number, E.164; without it all numbers are listed')
    .option('-a, --agent <name>', 'who takes its calls: an agent, or a path of a route')
    .option('-u, --url <url>', 'the public URL of the gateway')
    .option(
      '--fallback-url <url>',
      'asked by the carrier when the gateway does not answer (default: left as it is)',
    )
    .option('--no-status', 'leave the status callback as it is')
    .option('--apply', 'write it')
    .option('--undo', 'put back what was there before the last --apply')
    .option('--json', 'print one JSON object')
    .addHelpText('after', help)
    .action(async (carrier: string, flags: ConnectFlags) => {
      process.exitCode = await connect(carrier, flags, tools);
    });
}

/** Returns the exit code. */
export async function connect(carrier: string, flags: ConnectFlags, tools: ConnectTools): Promise<number> {
  try {
    const scene = openScene(carrier, flags, tools);
    if (flags.number === undefined) return await listNumbers(scene);
    return await (flags.undo ? undoNumber : changeNumber)(scene, flags.number);
  } catch (error) {
    const known = carrierErrorOf(error);
    tools.stderr.write(`hookswitch: ${known?.message ?? String(error)}\n`);
    return known && ['ERR_CONFIG_INVALID', 'ERR_REQUEST_INVALID'].includes(known.code) ? 2 : 1;
  }
}
