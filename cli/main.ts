#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { GatewayError } from '../shared/errors.ts';
import { parseFields } from '../shared/fields.ts';
import { commands } from './commands.ts';
import { fitted } from './fitted.ts';

const about = 'The front door between phone networks and voice bots: webhooks, tokens, a WebSocket relay.';

const examples = `
Try it, with nothing configured:
  $ hookswitch demo          three recorded calls, one per carrier, through a gateway
  $ hookswitch serve         a gateway on 127.0.0.1:7860; then, in another terminal:
  $ hookswitch call twilio   a call, as Twilio would place it

Every command has its own --help.`;

const program = new Command('hookswitch')
  .description(about)
  .version(versionOf())
  .addHelpText('after', examples)
  .showHelpAfterError('(add --help for what is possible)')
  .configureHelp({ sortSubcommands: false })
  .configureOutput({
    writeOut: (text) => void process.stdout.write(fitted(text, process.stdout.columns ?? Infinity)),
  });
program.exitOverride(({ code, exitCode }) => {
  // Help that was asked for is no failure; words that make no sense are, and 2 says so.
  process.exit(code === 'commander.helpDisplayed' || code === 'commander.version' || exitCode === 0 ? 0 : 2);
});
// Commands take over what was said so far. Only the one that is named is loaded; of the others, their line of --help is enough.
const named = process.argv.slice(2).find((word) => commands.some(({ name }) => name === word));
for (const { name, usage, summary, load } of commands) {
  if (name === named) (await load())(program);
  else program.command(`${name} ${usage}`).summary(summary);
}
// Who reads only the beginning, as `| head` does, has not made a mistake.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});
try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof GatewayError)) throw error;
  process.stderr.write(`hookswitch: ${error.message}\n`);
  process.exitCode = error.code === 'ERR_CONFIG_INVALID' || error.code === 'ERR_REQUEST_INVALID' ? 2 : 1;
}

function versionOf(): string {
  const file = new URL('../../package.json', import.meta.url);
  return parseFields(readFileSync(file, 'utf8'), 'ERR_CONFIG_INVALID').string('version');
}
