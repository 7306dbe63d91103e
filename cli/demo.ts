import type { Command } from 'commander';
import { allProviders, startGateway, type Gateway } from '../gateway/app.ts';
import { readConfig } from '../gateway/config/config.ts';
import { invent } from '../gateway/config/invented.ts';
import type { Log } from '../gateway/log.ts';
import { memoryStore } from '../gateway/sessions/memory.ts';
import type { Env } from '../shared/env.ts';
import type { ProviderModule } from '../shared/provider.ts';
import {
  placeCall,
  printReport,
  shippedSource,
  type CallReport,
  type EntryType,
} from '../simulator/index.ts';
import { styleOf } from './call.ts';
import { withDemoBot } from './demo-bot.ts';

const help = `
Nothing is needed and nothing is kept: no account, no configuration, no network. It starts a gateway on a
free port of this machine, with the demo bot behind it, and rings it as Twilio, Plivo and Telnyx at once.
Takes about ten seconds. Exit code 0 when all three calls went through.`;

const FROM = '+15551230001';
const TO = '+15551230000';

export function addDemo(program: Command): void {
  program
    .command('demo')
    .description('place one recorded call per carrier through a gateway with nothing configured')
    .addHelpText('after', help)
    .action(demo);
}

async function demo(): Promise<void> {
  const { gateway, carriers, close } = await startDemoGateway();
  write(`A gateway is up at ${gateway.publicUrl}. Three phones ring…\n\n`);
  const reports = await callAll(gateway, carriers).finally(() => void close());

  for (const report of reports) write(`\n${printReport(report, styleOf(process.stdout, process.env))}`);
  const good = reports.filter(({ verdict }) => verdict.ok).length;
  const all = reports.length;
  write(`\n${good} of ${all} calls went all the way: webhook, token, relay, bot and back.\n`);
  if (good === all) write('Next: npm start, and in another terminal: npm run hookswitch -- call twilio\n');
  else process.exitCode = 1;
}

function callAll(gateway: Gateway, env: Env): Promise<CallReport[]> {
  return Promise.all(allProviders.map((provider) => call(provider, gateway, env)));
}

interface DemoGateway {
  readonly gateway: Gateway;
  readonly carriers: Env;
  readonly close: () => Promise<void>;
}

/** As `serve` with nothing configured, but for the port, and without a file to keep what was made up. */
async function startDemoGateway(): Promise<DemoGateway> {
  const invented = invent(allProviders);
  const read = readConfig({ toml: null, env: { PORT: '0' }, modules: allProviders, invent: () => invented });
  const { config, close: closeBot } = await withDemoBot(read);
  const sessions = memoryStore(config.limits, Date.now);
  const gateway = await startGateway({ config, sessions, log: quiet, now: Date.now });
  return {
    gateway,
    carriers: invented.carriers,
    async close() {
      await gateway.drain();
      await closeBot();
    },
  };
}

/** What is worth a line while the calls go on; the timelines at the end have the rest. */
const milestones: ReadonlySet<EntryType> = new Set(['socket', 'refused', 'fault', 'digit', 'say', 'close']);

/** The timelines tell what happened. */
const quiet: Log = { info() {}, warn() {}, error() {} };

async function call(provider: ProviderModule, gateway: Gateway, env: Env): Promise<CallReport> {
  return placeCall({
    provider,
    env,
    webhook: { url: `${gateway.publicUrl}/webhooks/${provider.name}`, method: 'POST' },
    from: FROM,
    to: TO,
    source: await shippedSource(provider),
    onEvent: ({ atMs, type, text }) => {
      if (!milestones.has(type)) return;
      write(
        `  ${provider.name.padEnd(7)} ${String(Math.round(atMs)).padStart(6)} ms  ${type.padEnd(8)}  ${text}\n`,
      );
    },
  });
}

function write(text: string): void {
  process.stdout.write(text);
}
