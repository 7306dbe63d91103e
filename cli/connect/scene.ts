import { allProviders } from '../../gateway/carriers.ts';
import { GatewayError } from '../../shared/errors.ts';
import { E164 } from '../../shared/party.ts';
import type { NumberDirectory, NumberRoute } from '../../shared/numbers.ts';
import type { ProviderModule } from '../../shared/provider.ts';
import { loadConfig } from '../load-config.ts';
import type { ConnectFlags, ConnectTools } from './command.ts';
import { isHttp, readPublicUrl } from './public-url.ts';
import { takersOf, type TakersFor } from './takers.ts';
import { undoFile, type UndoFile } from './undo-file.ts';

/** Everything one run of the command needs. */
export interface Scene {
  readonly carrier: ProviderModule;
  readonly directory: NumberDirectory;
  readonly takersFor: TakersFor;
  /** Null where none is known. */
  readonly publicUrl: string | null;
  readonly flags: ConnectFlags;
  readonly undo: UndoFile;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** A line for people; nothing with --json. */
  readonly say: (text?: string) => void;
  /** The one object of --json; nothing without it. */
  readonly json: (value: object) => void;
}

/** Throws ERR_CONFIG_INVALID and ERR_REQUEST_INVALID. */
export function openScene(name: string, flags: ConnectFlags, tools: ConnectTools): Scene {
  const carrier = carrierNamed(name);
  checkFlags(flags);
  const url = readPublicUrl(flags.url);
  const directory = carrier.numbers?.(tools.env, { fetch: tools.fetch });
  if (!directory) {
    const variables = carrier.variables.join(' and ');
    throw new GatewayError('ERR_CONFIG_INVALID', `there are no credentials of ${name}: set ${variables}`);
  }
  const { config } = loadConfig(flags, tools.env);
  return {
    carrier,
    directory,
    takersFor: takersOf(config, carrier),
    publicUrl: url ?? config.publicUrl,
    flags,
    undo: undoFile(tools.env),
    now: tools.now,
    say: (text = '') => void (flags.json || tools.stdout.write(`${text}\n`)),
    json: (value) => void (flags.json && tools.stdout.write(`${JSON.stringify(value)}\n`)),
  };
}

function carrierNamed(name: string): ProviderModule {
  const found = allProviders.find((module) => module.name === name);
  if (found?.numbers) return found;
  const able = allProviders.flatMap((module) => (module.numbers ? [module.name] : [])).join(', ');
  const known = found
    ? `numbers of ${name} are set in its console: see docs/carriers.md`
    : `"${name}" is no carrier`;
  throw invalid(`${known}; this command knows ${able}`);
}

function checkFlags({ number, fallbackUrl, undo, apply, agent }: ConnectFlags): void {
  if (number === undefined && (undo || apply || agent !== undefined)) {
    throw invalid('--apply, --undo and --agent are about one number: add --number');
  }
  if (number !== undefined && !E164.test(number)) {
    throw invalid(`--number takes a number in E.164, such as +15551230000: not "${number}"`);
  }
  if (undo && agent !== undefined) throw invalid('--undo and --agent exclude each other');
  if (fallbackUrl !== undefined && !isHttp(fallbackUrl)) throw invalid('--fallback-url must be an https URL');
}

/** The number as the carrier has it. Throws ERR_REQUEST_INVALID when the account has no such number. */
export async function routeOf({ carrier, directory }: Scene, number: string): Promise<NumberRoute> {
  const route = await directory.find(number);
  if (route) return route;
  throw invalid(
    `the ${carrier.name} account has no number ${number}: "hookswitch connect ${carrier.name}" lists those it has`,
  );
}

export function invalid(sentence: string): GatewayError {
  return new GatewayError('ERR_REQUEST_INVALID', sentence);
}
