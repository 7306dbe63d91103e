import { callsTable } from '../gateway/config/calls.ts';
import type { Command } from 'commander';
import { stringify } from 'smol-toml';
import { switchedOn } from '../gateway/carriers.ts';
import type { Config } from '../gateway/config/config.ts';
import { maskedStore } from '../gateway/config/store.ts';
import { stepsTable } from '../gateway/config/steps.ts';
import { limitsTable } from '../gateway/config/limits-table.ts';
import { routingLines } from './routing.ts';
import { addConfigOptions, deployHelp, loadConfig, type ConfigOptions } from './load-config.ts';

export function addCheck(program: Command): void {
  addConfigOptions(program.command('check'))
    .description('validate the configuration and print what it amounts to, secrets masked')
    .addHelpText(
      'after',
      `${deployHelp}\n\nExit code 0 when the gateway would start, 2 when it would not: then every mistake is listed.`,
    )
    .action((options: ConfigOptions) => {
      const { config, file, imported } = loadConfig(options, process.env);
      process.stderr.write(imported);
      for (const warning of config.warnings) process.stderr.write(`warning: ${warning}\n`);
      process.stdout.write(`# effective configuration, from ${file ?? 'no file'} and the environment\n`);
      process.stdout.write(`${stringify(effective(config))}\n`);
      process.stdout.write(
        `# calls go to\n${routingLines(config)
          .map((line) => `#   ${line}\n`)
          .join('')}`,
      );
    });
}

/** Times in seconds, as in the file. */
function effective(config: Config): Record<string, unknown> {
  return defined({
    public_url: config.publicUrl ?? undefined,
    internal_url: config.internalUrl ?? undefined,
    listen: hostAndPort(config),
    metrics_listen: config.metrics ? hostAndPort(config.metrics) : undefined,
    telemetry: config.telemetry ? { traces_url: config.telemetry.url } : undefined,
    store: maskedStore(config.store),
    drain_timeout: seconds(config.drainTimeout),
    drain_delay: seconds(config.drainDelay),
    workers: config.workers,
    carriers: switchedOn(config.carriers).map(({ name }) => name),
    made_up: Object.entries(config.invented).flatMap(([what, made]) => (made ? what : [])),
    secrets: config.secrets.map(({ kid }) => `${kid}:***`),
    organizations: config.organizations.map(({ name, publicKeys, privateKeys, agents }) => ({
      name,
      public_keys: publicKeys.map(masked),
      private_keys: privateKeys.map(masked),
      agents: agents.map((agent) =>
        defined({
          agent_name: agent.name,
          websocket_auth: agent.auth,
          websocket_signature: agent.signature,
          bots: agent.bots,
          pool: defined({
            max_sessions: agent.pool.maxSessions ?? undefined,
            wait: agent.pool.wait / 1000,
            health: agent.pool.health ?? undefined,
            health_interval: agent.pool.healthInterval / 1000,
            discovery: agent.pool.discovery,
          }),
          numbers: agent.numbers,
          max_session_duration: seconds(agent.maxDuration),
          idle_timeout: seconds(agent.idleTimeout),
          allowed_origins: agent.allowedOrigins,
          stream_secrets: agent.streamSecrets.map(masked),
          scaling: agent.maxSessions === null ? undefined : { max_agents: agent.maxSessions },
          steps: stepsTable(agent.steps),
          ...callsTable(agent.calls),
        }),
      ),
    })),
    limits: limitsTable(config.limits),
  });
}

function hostAndPort({ host, port }: { readonly host: string; readonly port: number }): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function seconds(ms: number | null): number | undefined {
  return ms === null ? undefined : ms / 1000;
}

/** TOML has no null. */
function defined(table: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(table).filter(([, value]) => value !== undefined));
}

function masked(hash: string): string {
  return `sha256:${hash.slice(0, 4)}…`;
}
