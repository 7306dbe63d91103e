import { GatewayError } from '../../shared/errors.ts';
import type { ProviderModule } from '../../shared/provider.ts';
import { startApiOf } from '../../shared/remote-settings.ts';
import type { Settings } from './settings.ts';

/** What is written: one carrier's handler for one platform. */
export interface Export {
  readonly target: Target;
  readonly module: ProviderModule;
  readonly settings: Settings;
}

export type Target = 'twilio-function' | 'lambda' | 'fetch';

export const targets: readonly Target[] = ['twilio-function', 'lambda', 'fetch'];

/** Throws ERR_REQUEST_INVALID where the platform cannot carry the handler, and says what can. */
export function checkExport(target: Target, module: ProviderModule): void {
  const { name, signsParameters = false } = module;
  if (module.streamsOnly) {
    throw mistake(
      `${name} asks no webhook: it opens its stream at a fixed address, so there is nothing to export. ` +
        `providers/${name}/README.md says which address its console takes`,
    );
  }
  if (target === 'twilio-function' && !signsParameters) {
    throw mistake(
      `${name} signs the bytes of its webhook, and a Twilio Function gets no bytes, only parsed parameters: ` +
        `no signature of ${name} can be checked there. Use "hookswitch export lambda" or "hookswitch export fetch"`,
    );
  }
}

/** `twilio-support`: name of the file, and with it of the URL. */
export function stemOf({ module, settings }: Export): string {
  return [module.name, settings['HOOKSWITCH_AGENT']].filter((part) => part !== undefined).join('-');
}

/** Path of the handler in the folder that is written. */
export function fileOf(given: Export): string {
  const stem = stemOf(given);
  if (given.target !== 'twilio-function') return `${stem}.mjs`;
  // "protected": Twilio itself checks Twilio's signature first, and would refuse any other carrier's.
  return `functions/${stem}${given.module.name === 'twilio' ? '.protected' : ''}.js`;
}

export interface Variable {
  readonly name: string;
  /** Where its value comes from. */
  readonly from: string;
}

/** What the handler must be told by the platform. */
export function variablesOf({ target, module, settings }: Export): readonly Variable[] {
  const { name, variables, webhookVariables = variables } = module;
  const { HOOKSWITCH_START_URL: startUrl = '', HOOKSWITCH_START_API: api = startApiOf(startUrl) } = settings;
  const own = webhookVariables.map((variable) => ({
    name: target === 'twilio-function' ? variable.replace(/^TWILIO_/, '') : variable,
    from: `your ${name} account: its console shows it`,
  }));
  const from =
    api === 'pipecat-cloud'
      ? 'a public API key of Pipecat Cloud'
      : 'one of HOOKSWITCH_PUBLIC_KEYS of the gateway';
  return [...own, { name: 'HOOKSWITCH_PUBLIC_KEY', from: `${from}, pk_…` }];
}

function mistake(sentence: string): GatewayError {
  return new GatewayError('ERR_REQUEST_INVALID', sentence);
}
