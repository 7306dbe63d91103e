import type { Env } from '../../shared/env.ts';
import type { ProviderModule } from '../../shared/provider.ts';
import type { Problems } from './problems.ts';

/** Where `hookswitch call --outbound` plays the REST interfaces of all carriers: the next port but two after ours. */
export const SIMULATED_API_PORT = 7863;

/** Variables that switch no carrier on: where its REST interface is, and what that needs to know besides. */
export function carrierOptionsOf(modules: readonly ProviderModule[], env: Env, found: Problems): Env {
  for (const module of modules) found.attempt(module.name, () => module.control?.(env, { fetch }));
  const names = modules.flatMap(({ options = [] }) => options).filter((name) => env[name]);
  return Object.fromEntries(names.map((name) => [name, env[name]]));
}

/** The same for carriers whose credentials are invented: nobody answers but the simulator, on this machine. */
export function simulatedOptions(modules: readonly ProviderModule[]): Env {
  const names = modules.flatMap(({ options = [] }) => options);
  const url = `http://127.0.0.1:${SIMULATED_API_PORT}`;
  return Object.fromEntries(names.map((name) => [name, name.endsWith('_API_URL') ? url : 'simulated']));
}
