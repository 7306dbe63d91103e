import { InvalidArgumentError, type Command } from 'commander';
import { startDemoBot } from '../demo/bot.ts';
import { GatewayError } from '../shared/errors.ts';

interface DemoBotFlags {
  readonly host: string;
  readonly port: number;
}

const help = `
An ordinary WebSocket server without access control: let gateways alone reach it. An agent talks to it with
bots = ["ws://<host>:7861/"]. SIGTERM ends all its calls.`;

export function addDemoBot(program: Command): void {
  program
    .command('demo-bot')
    .description('run the echo bot alone, for gateways in other processes or on other machines')
    .option('--host <address>', 'where it listens', '127.0.0.1')
    .option('--port <number>', 'its port; 0 is any free one', readPort, 7861)
    .addHelpText('after', help)
    .action(demoBot);
}

function readPort(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError('give a port of 0 to 65535');
}

async function demoBot({ host, port }: DemoBotFlags): Promise<void> {
  const bot = await startDemoBot({ host, port }).catch((cause: unknown) => {
    const why = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    const sentence = `cannot listen on ${host}:${port} (${why}): give another --host or --port`;
    throw new GatewayError('ERR_CONFIG_INVALID', sentence, { cause });
  });
  process.stdout.write(`${bot.url}\n`);
  const stop = (): void => void bot.close().then(() => process.exit());
  process.once('SIGTERM', stop).once('SIGINT', stop);
}
