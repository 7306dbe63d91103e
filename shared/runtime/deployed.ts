import type { Env } from '../env.ts';
import { isRecord } from '../fields.ts';
import type { ProviderModule } from '../provider.ts';
import type { HttpHandler } from '../http.ts';
import { remoteVoiceWebhook } from '../remote-webhook.ts';
import { toFetch } from './fetch.ts';
import { toLambda, type LambdaFunction } from './lambda.ts';
import { toTwilioFunction, type TwilioFunction } from './twilio-function.ts';

/** A carrier's webhook as `hookswitch export` writes it: `settings` are in the file, variables of the platform go before them. */
type Deployed<Handler> = (module: ProviderModule, settings: Env) => Handler;

export const twilioFunction: Deployed<TwilioFunction> = (module, settings) =>
  toTwilioFunction((context) => {
    // The platform's own names, under "Add my Twilio Credentials".
    const { ACCOUNT_SID, AUTH_TOKEN } = context;
    const account = given(module, { TWILIO_ACCOUNT_SID: ACCOUNT_SID, TWILIO_AUTH_TOKEN: AUTH_TOKEN });
    return handlerOf(module, { ...settings, ...account, ...given(module, context) });
  });

export const lambda: Deployed<LambdaFunction> = (module, settings) =>
  toLambda(() => handlerOf(module, { ...settings, ...given(module, process.env) }));

export interface FetchModule {
  /** `env`: the variables, where the runtime hands them over (Workers). Others have them in the process. */
  fetch(request: Request, env?: unknown): Promise<Response>;
}

export const fetchModule: Deployed<FetchModule> = (module, settings) => {
  let handler: ((request: Request) => Promise<Response>) | undefined;
  return {
    async fetch(request, env) {
      const own = given(module, globalThis.process?.env);
      handler ??= toFetch(handlerOf(module, { ...settings, ...own, ...given(module, env) }));
      return handler(request);
    },
  };
};

function handlerOf(module: ProviderModule, env: Env): HttpHandler {
  return remoteVoiceWebhook(module, env, { log });
}

/**
 * Our variables that are set: an empty one must not hide a setting. Whatever else a runtime hands over is not even
 * looked at, because some of it warns when it is (twilio-run's SERVICE_SID).
 */
function given({ variables, options = [] }: ProviderModule, found: unknown): Record<string, string> {
  const source = isRecord(found) ? found : {};
  const known = new Set(['PUBLIC_URL', ...variables, ...options]);
  const names = Object.keys(source).filter((name) => known.has(name) || name.startsWith('HOOKSWITCH_'));
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = source[name];
      return typeof value === 'string' && value !== '' ? [[name, value]] : [];
    }),
  );
}

function log(line: string): void {
  // oxlint-disable-next-line eslint/no-console -- it is where all these platforms keep the log of a function
  console.log(`hookswitch: ${line}`);
}
