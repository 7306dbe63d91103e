import * as providerModules from '../providers/index.ts';
import type { Env } from '../shared/env.ts';
import type { Provider, ProviderModule, StreamsOnly } from '../shared/provider.ts';

/** All the project knows about carriers, by name. */
export const allProviders: readonly ProviderModule[] = Object.values(providerModules);

/** Those of our providers that have their variables set. Throws ERR_CONFIG_INVALID. */
export function configured(env: Env): Provider[] {
  return allProviders.map((module) => module.configure(env)).filter((provider) => provider !== null);
}

/** All that have their variables set, with and without a webhook. */
export function switchedOn(env: Env): ProviderModule[] {
  return allProviders.filter(({ variables }) => variables.some((name) => env[name]));
}

/** Those without a webhook that have their variables set, by name. Throws ERR_CONFIG_INVALID. */
export function configuredStreams(env: Env): ReadonlyMap<string, StreamsOnly> {
  const found = allProviders.map((module) => module.streamsOnly?.(env) ?? null);
  return new Map(found.flatMap((provider) => (provider ? [[provider.name, provider]] : [])));
}
