import type { Env } from '../../shared/env.ts';
import { isLoopback } from '../../shared/loopback.ts';
import type { ProviderModule } from '../../shared/provider.ts';
import type { Organization } from '../agents.ts';
import { hashKey } from '../keys.ts';
import type { Limits } from '../limits.ts';
import type { RoutingRules } from '../routing.ts';
import type { MasterSecret } from '../secrets.ts';
import { hostOf, readAddress, type GatewayAddress } from './address.ts';
import {
  checkExposed,
  checkSecondFactors,
  checkSigners,
  checkStreamSecrets,
  checkUnique,
  warningsFor,
} from './checks.ts';
import { readKeys, readSecretRing, readStreamSecrets, type StreamSecrets } from './environment.ts';
import { readFile } from './file.ts';
import type { Invented } from './invented.ts';
import { checkCalls } from './check-calls.ts';
import { carrierOptionsOf, simulatedOptions } from './carrier-options.ts';
import { checkSteps } from './handing-on.ts';
import { limitsOf } from './limits-table.ts';
import { readObservability, telemetrySecrets, type Observability } from './observability.ts';
import { organizationsOf } from './organizations.ts';
import { inDeployConfig, withDeployConfig, type DeployConfig } from './pcc-deploy.ts';
import { problems, type Problems } from './problems.ts';
import type { ConfigFile } from './schema.ts';
import { checkRoutes } from './route-checks.ts';
import { routingOf } from './routes.ts';
import { readStore, storeSecrets } from './store.ts';
import { readWorkers } from './workers.ts';
import type { RedisTarget } from '../sessions/redis/target.ts';

/** All the gateway was told, checked once, in units the code uses: milliseconds and bytes. */
export interface Config extends GatewayAddress, Observability {
  /** The first one is the default. */
  readonly organizations: readonly Organization[];
  /** Which agent takes which call. */
  readonly routing: RoutingRules;
  /** Null: the sessions are kept in the memory of this process. */
  readonly store: RedisTarget | null;
  /** Milliseconds a draining gateway still takes calls, because balancers need a moment to see that it drains. */
  readonly drainDelay: number;
  readonly drainTimeout: number;
  /** Processes that share the port. */
  readonly workers: number;
  readonly secrets: readonly MasterSecret[];
  /** Shared with bots that verify who dials them. */
  readonly botSecret: string | null;
  /** Variables that switch carriers on. */
  readonly carriers: Env;
  readonly limits: Limits;
  /** What was made up because nothing was configured. */
  readonly invented: { readonly keys: boolean; readonly carriers: boolean };
  /** Sentences an operator should read at every start. */
  readonly warnings: readonly string[];
  /** Every secret value, so that a log can hide it. */
  readonly secretValues: readonly string[];
}

export interface ConfigSources {
  /** Text of hookswitch.toml, or null. */
  readonly toml: string | null;
  /** An agent of Pipecat Cloud in the place of [[agents]]. */
  readonly deploy?: DeployConfig | undefined;
  readonly env: Env;
  readonly modules: readonly ProviderModule[];
  /** Asked only when something is missing and may be made up. */
  readonly invent: () => Invented;
}

/** Throws ERR_CONFIG_INVALID naming every mistake at once. */
export function readConfig(sources: ConfigSources): Config {
  const found = problems();
  const said = readAll(sources, found);
  const inFiles = sources.deploy ? inDeployConfig(found) : found;
  if (!isLoopback(said.address.host)) checkExposed(said.file, said.secrets, said.publicKeys, inFiles);
  checkUnique(said.file, inFiles);
  checkSteps(said.file, inFiles);
  checkCalls(said.file, inFiles);
  checkRoutes(
    said.file,
    sources.modules.map(({ name }) => name),
    inFiles,
  );
  checkStreamSecrets(said.file, said.streamSecrets, found);
  checkSecondFactors(said.file, inFiles);
  if (!inventedFor(said).carriers) checkSigners(said.file, sources.modules, sources.env, inFiles);
  found.throwIfAny();
  return complete(said, sources);
}

/** What was said, by file and environment. Null is what nobody said. */
interface Said {
  readonly file: ConfigFile;
  readonly address: GatewayAddress;
  readonly observability: Observability;
  readonly store: RedisTarget | null;
  readonly workers: number;
  readonly secrets: readonly MasterSecret[] | null;
  readonly publicKeys: readonly string[] | null;
  readonly privateKeys: readonly string[] | null;
  readonly streamSecrets: StreamSecrets;
  readonly carriers: Env | null;
  readonly carrierOptions: Env;
}

function readAll({ toml, deploy, env, modules }: ConfigSources, found: Problems): Said {
  const file = withDeployConfig(readFile(toml, found), deploy, found);
  const names = modules.flatMap(({ variables }) => variables);
  for (const module of modules) {
    found.attempt(module.name, () => module.configure(env));
    found.attempt(module.name, () => module.streamsOnly?.(env));
  }
  return {
    file,
    address: readAddress(file, env, found),
    observability: readObservability(file, env, found),
    store: readStore(file, env, found),
    workers: readWorkers(file, env, found),
    secrets: readSecretRing(env, found),
    publicKeys: readKeys('HOOKSWITCH_PUBLIC_KEYS', 'pk_', env, found),
    privateKeys: readKeys('HOOKSWITCH_PRIVATE_KEYS', 'sk_', env, found),
    streamSecrets: readStreamSecrets(env, file.organization, found),
    carriers: names.some((name) => env[name])
      ? Object.fromEntries(names.map((name) => [name, env[name]]))
      : null,
    carrierOptions: carrierOptionsOf(modules, env, found),
  };
}

/** Makes up what nobody said, where that is safe: keys on loopback, carriers where nothing public leads to them. */
function complete(said: Said, sources: ConfigSources): Config {
  const { env, invent } = sources;
  const { file, address } = said;
  const invented = inventedFor(said);
  const made = said.secrets === null || invented.keys || invented.carriers ? invent() : null;
  const organizations = organizationsOf(
    file,
    keysOf(said, invented.keys ? made : null),
    streamSecretsOf(said, invented.carriers ? made : null),
  );
  const simulated =
    made && invented.carriers ? { ...simulatedOptions(sources.modules), ...made.carriers } : {};
  const switchedOn = said.carriers ?? simulated;
  const anyCarrier = Object.keys(switchedOn).length > 0;
  return {
    ...address,
    ...said.observability,
    organizations,
    routing: routingOf(file),
    store: said.store,
    drainDelay: file.drain_delay,
    drainTimeout: file.drain_timeout,
    workers: said.workers,
    secrets: said.secrets ?? (made ? [{ kid: 'local', key: made.secret }] : []),
    botSecret: env['HOOKSWITCH_BOT_SECRET'] || null,
    carriers: { ...switchedOn, ...said.carrierOptions },
    limits: limitsOf(file),
    invented,
    warnings: warningsFor(organizations, { anyCarrier, publicUrl: address.publicUrl }),
    secretValues: [
      ...secretValuesOf(sources, made),
      ...storeSecrets(said.store),
      ...telemetrySecrets(said.observability),
    ],
  };
}

function inventedFor({ address, publicKeys, carriers }: Said): Config['invented'] {
  const isPrivate = isLoopback(address.host);
  const isLocal = isPrivate && (address.publicUrl === null || isLoopback(hostOf(address.publicUrl)));
  return { keys: publicKeys === null && isPrivate, carriers: carriers === null && isLocal };
}

function keysOf(
  { publicKeys, privateKeys }: Said,
  made: Invented | null,
): Pick<Organization, 'publicKeys' | 'privateKeys'> {
  return {
    publicKeys: publicKeys ?? (made ? [hashKey(made.publicKey)] : []),
    privateKeys: privateKeys ?? (made ? [hashKey(made.privateKey)] : []),
  };
}

/** The demo agent's is made up: carriers without a webhook call it with nothing configured, as the others do. */
function streamSecretsOf({ streamSecrets, file }: Said, made: Invented | null): StreamSecrets {
  if (!made || streamSecrets.size > 0) return streamSecrets;
  return new Map([[`demo.${file.organization}`, [hashKey(made.streamSecret)]]]);
}

/** Values that a log must never show, whatever line they get into. */
function secretValuesOf({ env, modules }: ConfigSources, made: Invented | null): string[] {
  const known = new Set(modules.flatMap(({ options = [] }) => options));
  const groups = modules.map(({ name }) => `${name.toUpperCase()}_`);
  const names = new RegExp(`^(HOOKSWITCH_(?!METRICS_LISTEN)|${groups.join('|')})`);
  const given = Object.entries(env).flatMap(([name, value]) =>
    names.test(name) && !known.has(name) && value !== undefined
      ? value.split(',').map((part) => secretIn(name, part.trim()))
      : [],
  );
  const invented = made
    ? [made.publicKey, made.privateKey, made.streamSecret, ...Object.values(made.carriers)]
    : [];
  return [...given, ...invented].filter((value) => value !== '');
}

/** Of `support=ss_…` only what follows the agent. */
function secretIn(name: string, entry: string): string {
  return name === 'HOOKSWITCH_STREAM_SECRETS' ? entry.slice(entry.indexOf('=') + 1) : entry;
}
