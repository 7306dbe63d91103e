import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { GatewayError } from '../shared/errors.ts';
import { startOver } from '../shared/start.ts';
import { gatewayAt, keyFor } from './ask-gateway.ts';

interface TokenOptions {
  readonly url: string;
  readonly transport: string;
  readonly body?: string;
  readonly json?: boolean;
}

const help = `
The key is taken from HOOKSWITCH_PUBLIC_KEYS (the first one), else from the state file of a local gateway.

Examples:
  $ hookswitch token
  $ hookswitch token support --transport twilio --body '{"language":"de"}'
  $ hookswitch token support --url https://voice.example.com --body @body.json --json`;

export function addToken(program: Command): void {
  program
    .command('token')
    .description('start a session on a running gateway, and print the address that opens it once')
    .argument('[agent]', 'name of the agent', 'demo')
    .option('-u, --url <url>', 'the gateway', 'http://127.0.0.1:7860')
    .option('-t, --transport <name>', 'websocket, or the carrier whose framing is spoken', 'websocket')
    .option('-b, --body <json>', 'JSON for the bot, or @file')
    .option('--json', 'print the whole answer as JSON')
    .addHelpText('after', help)
    .action(token);
}

async function token(agent: string, { url, transport, body, json }: TokenOptions): Promise<void> {
  const start = startOver({
    startUrl: `${gatewayAt(url)}/v1/public/${encodeURIComponent(agent)}/start`,
    publicKey: keyFor('public', process.env),
    withBody: true,
    fetch,
  });
  const reply = await start({ agent: null, transport, call: null, body: readBody(body) });
  const address = reply.token === null ? reply.wsUrl : `${reply.wsUrl}/${reply.token}`;
  if (json) process.stdout.write(`${JSON.stringify(reply)}\n`);
  else process.stdout.write(`${address}\n`);
  if (process.stderr.isTTY) {
    process.stderr.write(`Good for one connection within five minutes. Try: npx wscat -c ${reply.wsUrl}/…\n`);
  }
}

function readBody(given: string | undefined): string | null {
  if (given === undefined) return null;
  try {
    const text = given.startsWith('@') ? readFileSync(given.slice(1), 'utf8') : given;
    JSON.parse(text);
    return text;
  } catch {
    throw new GatewayError('ERR_REQUEST_INVALID', '--body must be JSON, or @ and the path of a JSON file');
  }
}
