#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { GatewayError } from '../shared/errors.ts';
import { parseFields } from '../shared/fields.ts';
import { registerCall } from './call.ts';
import { registerConnect } from './connect/command.ts';
import { addCheck } from './check.ts';
import { addDemo } from './demo.ts';
import { addDemoBot } from './demo-bot-command.ts';
import { registerDoctor } from './doctor/command.ts';
import { addExport } from './export/command.ts';
import { addRehearse } from './rehearse/command.ts';
import { addExplain } from './explain.ts';
import { addRoute } from './routing.ts';
import { addServe } from './serve.ts';
import { readState } from './state.ts';
import { addToken } from './token.ts';

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
  .configureHelp({ sortSubcommands: false });
program.exitOverride(({ code, exitCode }) => {
  // Help that was asked for is no failure; words that make no sense are, and 2 says so.
  process.exit(code === 'commander.helpDisplayed' || code === 'commander.version' || exitCode === 0 ? 0 : 2);
});
// Commands take over what was said so far.
addServe(program);
registerCall(program, {
  env: process.env,
  readState(env) {
    const state = readState(env);
    return (
      state && { credentials: state.carriers, streamSecret: state.streamSecret, publicKey: state.publicKey }
    );
  },
  stdout: process.stdout,
  stderr: process.stderr,
});
const { env, stdout, stderr } = process;
for (const register of [registerConnect, registerDoctor]) {
  register(program, { env, fetch, now: Date.now, stdout, stderr });
}
for (const add of [addDemo, addDemoBot, addCheck, addRoute, addExplain, addToken, addExport, addRehearse])
  add(program);
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
