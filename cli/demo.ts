import type { Command } from 'commander';
import { startGateway, type Gateway } from '../gateway/app.ts';
import { allProviders } from '../gateway/carriers.ts';
import { readConfig } from '../gateway/config/config.ts';
import { invent, type Invented } from '../gateway/config/invented.ts';
import type { Log } from '../gateway/log.ts';
import { memoryStore } from '../gateway/sessions/memory.ts';
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
free port of this machine, with the demo bot behind it, and rings it as Twilio, Plivo and Telnyx at once,
or with --all as every carrier there is. Takes about ten seconds. Exit code 0 when all calls went through.`;

/** The carriers that ring without --all. */
const FIRST = new Set(['twilio', 'plivo', 'telnyx']);

const FROM = '+15551230001';
const TO = '+15551230000';

export function addDemo(program: Command): void {
  program
    .command('demo')
    .description('place one recorded call per carrier through a gateway with nothing configured')
    .option('--all', 'of every carrier, not of Twilio, Plivo and Telnyx only')
    .addHelpText('after', help)
    .action(({ all = false }: { readonly all?: boolean }) => demo(all));
}

async function demo(isWhole: boolean): Promise<void> {
  const { gateway, invented, close } = await startDemoGateway();
  const callers = allProviders.filter(({ name }) => isWhole || FIRST.has(name));
  write(`A gateway is up at ${gateway.publicUrl}. ${callers.length} phones ring…\n\n`);
  const calls = callers.map((provider) => call(provider, gateway, invented));
  const reports = await Promise.all(calls).finally(() => void close());

  for (const report of reports) write(`\n${printReport(report, styleOf(process.stdout, process.env))}`);
  const good = reports.filter(({ verdict }) => verdict.ok).length;
  const all = reports.length;
  write(`\n${good} of ${all} calls went all the way: webhook, token, relay, bot and back.\n`);
  if (good === all) write('Next: npm start, and in another terminal: npm run hookswitch -- call twilio\n');
  else process.exitCode = 1;
}

interface DemoGateway {
  readonly gateway: Gateway;
  readonly invented: Invented;
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
    invented,
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

async function call(
  provider: ProviderModule,
  { publicUrl }: Gateway,
  { carriers, streamSecret }: Invented,
): Promise<CallReport> {
  const url = provider.streamsOnly
    ? `${publicUrl.replace(/^http/, 'ws')}/ws/${provider.name}/demo.local/${streamSecret}`
    : `${publicUrl}/webhooks/${provider.name}`;
  return placeCall({
    provider,
    env: carriers,
    webhook: { url, method: 'POST' },
    from: FROM,
    to: TO,
    source: await shippedSource(provider),
    onEvent: ({ atMs, type, text }) => {
      if (!milestones.has(type)) return;
      write(
        `  ${provider.name.padEnd(10)} ${String(Math.round(atMs)).padStart(6)} ms  ${type.padEnd(8)}  ${text}\n`,
      );
    },
  });
}

function write(text: string): void {
  process.stdout.write(text);
}
