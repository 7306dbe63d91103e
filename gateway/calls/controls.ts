import type { CallCommand, CallControl } from '../../shared/call-control.ts';
import type { Env } from '../../shared/env.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { Fetch, ProviderModule } from '../../shared/provider.ts';

/** What can be done with calls, by the name of their provider. */
export interface CallControls {
  /** Providers whose calls can be controlled. */
  readonly names: readonly string[];
  /** Throws ERR_NOT_IMPLEMENTED, with what to do instead, where the carrier has no such thing. */
  of<C extends CallCommand>(provider: string, command: C): NonNullable<CallControl[C]>;
}

const WORDS: Readonly<Record<CallCommand, string>> = {
  hangUp: 'end calls',
  redirect: 'transfer calls',
  sendDigits: 'send digits into calls',
  say: 'speak on calls',
  play: 'play into calls',
  place: 'place calls',
};

/** Throws ERR_CONFIG_INVALID. */
export function callControls(modules: readonly ProviderModule[], env: Env, fetch: Fetch): CallControls {
  const controls = new Map<string, CallControl>();
  for (const module of modules) {
    const control = module.control?.(env, { fetch });
    if (control) controls.set(module.name, control);
  }
  return {
    names: [...controls.keys()],
    of(provider, command) {
      const control = controls.get(provider);
      const found = control?.[command];
      if (found) return found;
      const instead =
        control?.lacks?.[command] ??
        (control
          ? 'its carrier has no such thing'
          : 'nobody built it for this carrier, or it has no credentials here');
      throw new GatewayError('ERR_NOT_IMPLEMENTED', `${provider} cannot ${WORDS[command]} here: ${instead}`);
    },
  };
}

/** A call id that goes into the path of a request to a carrier: what may stand there, and no way out of it. */
export function isCallId(id: string): boolean {
  return /^[A-Za-z0-9_:-]{1,256}$/.test(id);
}
