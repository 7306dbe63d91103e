import type { Command } from 'commander';
import { startDemoBot } from '../demo/bot.ts';
import { startGateway, type Gateway } from '../gateway/app.ts';
import type { Config } from '../gateway/config/config.ts';
import { loggedError, type Log } from '../gateway/log.ts';
import { memoryStore } from '../gateway/sessions/memory.ts';
import { GatewayError } from '../shared/errors.ts';
import { banner } from './banner.ts';
import { loadConfig } from './load-config.ts';
import { openLog } from './log-stream.ts';
import { stateFile } from './state.ts';

const help = `
With nothing configured it listens on 127.0.0.1:7860, answers with a built-in echo bot, makes up
keys and carriers' credentials, and keeps them in a file only you can read.

Variables: HOOKSWITCH_SECRETS, HOOKSWITCH_PUBLIC_KEYS, PUBLIC_URL, HOST, PORT, and one group for
each carrier: TWILIO_ACCOUNT_SID + TWILIO_AUTH_TOKEN, PLIVO_AUTH_ID + PLIVO_AUTH_TOKEN,
TELNYX_API_KEY + TELNYX_PUBLIC_KEY. Everything else stands in hookswitch.toml: see the README.

SIGTERM takes no more calls and waits for the live ones (drain_timeout, 300 s); again: ends them.`;

/** Milliseconds to finish calls after a bug brought the process down. */
const CRASH_DRAIN = 10_000;

export function addServe(program: Command): void {
  program
    .command('serve')
    .description('run the gateway')
    .option('-c, --config <file>', 'configuration file (default: ./hookswitch.toml when it is there)')
    .addHelpText('after', help)
    .action(async ({ config }: { config?: string }) => serve(config));
}

async function serve(path: string | undefined): Promise<void> {
  const { config: given, file, state } = loadConfig(path, process.env);
  const log = await openLog(given.secretValues);
  for (const warning of given.warnings) log.warn({}, warning);
  const { config, close } = await withDemoBot(given);
  const gateway = await listen(config, log).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  log.info(
    { listen: `${gateway.address.address}:${gateway.address.port}`, publicUrl: gateway.publicUrl, file },
    'listening',
  );
  process.stderr.write(banner({ config, gateway, state, stateFile: stateFile(process.env) }));

  const stop = (signal: string): void => {
    log.info({ signal }, 'stopping: no more calls; a second signal ends the live ones');
    void gateway.drain().then(async () => {
      await close();
      process.exit();
    });
  };
  process.on('SIGTERM', stop).on('SIGINT', stop);
  process.on('uncaughtException', (error) => {
    log.error({ ...loggedError(error), stack: error.stack }, 'uncaught: finishing calls, then exit');
    process.exitCode = 1;
    setTimeout(() => process.exit(1), CRASH_DRAIN);
    stop('uncaughtException');
  });
}

async function listen(config: Config, log: Log): Promise<Gateway> {
  try {
    const sessions = memoryStore(config.limits, Date.now);
    return await startGateway({ config, sessions, log, now: Date.now });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    const cure =
      error.code === 'EADDRINUSE'
        ? 'another process listens there: stop it, or set PORT'
        : 'check listen, HOST and PORT';
    throw new GatewayError(
      'ERR_CONFIG_INVALID',
      `cannot listen on ${config.host}:${config.port} (${String(error.code)}): ${cure}`,
    );
  }
}

/** `demo:` is a bot like any other, once it runs: an ordinary WebSocket server on this machine. */
export async function withDemoBot(config: Config): Promise<{ config: Config; close: () => Promise<void> }> {
  const isWanted = config.organizations.some(({ agents }) =>
    agents.some(({ bots }) => bots.includes('demo:')),
  );
  if (!isWanted) return { config, close: async () => {} };
  const bot = await startDemoBot();
  const organizations = config.organizations.map((organization) => ({
    ...organization,
    agents: organization.agents.map((agent) => ({
      ...agent,
      bots: agent.bots.map((url) => (url === 'demo:' ? bot.url : url)),
    })),
  }));
  return { config: { ...config, organizations }, close: () => bot.close() };
}
