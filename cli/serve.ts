import type { Command } from 'commander';
import { allProviders } from '../gateway/carriers.ts';
import type { Config } from '../gateway/config/config.ts';
import { loggedError, type Log } from '../gateway/log.ts';
import { banner } from './banner.ts';
import { CRASH_DRAIN } from './crash-drain.ts';
import { withDemoBot } from './demo-bot.ts';
import { addConfigOptions, deployHelp, loadConfig, type ConfigOptions } from './load-config.ts';
import { openLog } from './log-stream.ts';
import { openSharedState } from './shared-state.ts';
import { stateFile } from './state.ts';
import type { Served } from './worker-gateway.ts';
import { openSharedLog } from './worker-log.ts';

const help = `
With nothing configured it listens on 127.0.0.1:7860, answers with a built-in echo bot, makes up
keys and carriers' credentials, and keeps them in a file only you can read.

Variables: HOOKSWITCH_SECRETS, HOOKSWITCH_PUBLIC_KEYS, HOOKSWITCH_PRIVATE_KEYS, PUBLIC_URL, HOST,
PORT, REDIS_URL (several machines: each runs this command), HOOKSWITCH_WORKERS (several cores),
HOOKSWITCH_BOT_SECRET, HOOKSWITCH_STREAM_SECRETS, HOOKSWITCH_METRICS_LISTEN, HOOKSWITCH_STATE,
OTEL_EXPORTER_OTLP_ENDPOINT, and one group for each carrier:
${allProviders.map(({ variables }) => `  ${variables.join(' + ')}`).join('\n')}
Everything else stands in hookswitch.toml: see the README.

SIGTERM takes no more calls (from drain_delay on) and waits for the live ones (drain_timeout, 300 s);
again: ends them.`;

export function addServe(program: Command): void {
  addConfigOptions(program.command('serve'))
    .description('run the gateway')
    .addHelpText('after', `${help}\n${deployHelp}`)
    .action(serve);
}

async function serve(options: ConfigOptions): Promise<void> {
  const { config: given, file, imported, state } = loadConfig(options, process.env);
  process.stderr.write(imported);
  const log = await (given.workers > 1 ? openSharedLog : openLog)(given.secretValues);
  for (const warning of given.warnings) log.warn({}, warning);
  const { config, close } = await withDemoBot(given);
  const gateway = await start(config, log).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  const { address, metricsAddress, publicUrl } = gateway;
  const metrics = metricsAddress && { metrics: `${metricsAddress.address}:${metricsAddress.port}` };
  log.info({ listen: `${address.address}:${address.port}`, publicUrl, ...metrics, file }, 'listening');
  process.stderr.write(banner({ config, gateway, state, stateFile: state ? stateFile(process.env) : '' }));

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

/** One worker is this very process: nothing stands between it and its calls. */
async function start(config: Config, log: Log): Promise<Served> {
  const state = await openSharedState(config, log);
  try {
    const serving =
      config.workers > 1
        ? (await import('./supervisor.ts')).superviseWorkers
        : (await import('./worker-gateway.ts')).listen;
    return await serving({ config, log, ...state });
  } catch (error) {
    await state.sessions.close();
    throw error;
  }
}
