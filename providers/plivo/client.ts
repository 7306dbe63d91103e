import type { ApplicationInterface } from 'plivo/dist/resources/applications.js';
import type { CallInterface } from 'plivo/dist/resources/call.js';
import type { NumberInterface } from 'plivo/dist/resources/numbers.js';
import type { CallControlOptions } from '../../shared/call-control.ts';
import {
  apiUrlOf,
  askCarrier,
  basicAuth,
  carrierFailure,
  loadedOnce,
  type Failures,
} from '../../shared/carrier-rest.ts';
import type { Env } from '../../shared/env.ts';
import type { GatewayError } from '../../shared/errors.ts';
import { parseFields } from '../../shared/fields.ts';
import { readSettings } from './settings.ts';

export interface PlivoClient {
  readonly calls: CallInterface;
  readonly numbers: NumberInterface;
  readonly applications: ApplicationInterface;
  /** What the resources stand on, for what they leave out of an answer. Names in camel case, there and back. */
  readonly request: (method: string, action: string, params: object) => Promise<{ readonly body: unknown }>;
}

export const API_URL = 'https://api.plivo.com';

const failures: Failures = {
  carrier: 'plivo',
  over: ['404'],
  credentials: 'PLIVO_AUTH_ID and PLIVO_AUTH_TOKEN',
  cures: {
    402: 'add credit to the account in the Plivo console',
    403: 'allow the country in the console: Voice → Geo Permissions; is the number rented by this account?',
    404: 'check the number, or the id',
  },
};

/**
 * The resources of Plivo's SDK over our own HTTP. Its own client (4.79.0, dist/rest/axios.js, read 2026-11-21) sends calls
 * to api.plivo.com whatever URL it was given, places a call up to three times when the answer is a 5xx, and rejects with
 * the credentials inside the error. `PLIVO_API_URL` is for tests. Null without our variables. Loaded when asked for.
 */
export function client(env: Env, options: CallControlOptions): (() => Promise<PlivoClient>) | null {
  const settings = readSettings(env);
  if (!settings) return null;
  const { authId, authTokens } = settings;
  const account = `${apiUrlOf(env, 'PLIVO_API_URL', API_URL)}/v1/Account/${authId}`;
  const authorization = basicAuth(authId, authTokens[0]);
  return loadedOnce(async () => {
    const [{ CallInterface }, { NumberInterface }, { ApplicationInterface }, { camelCaseRequestWrapper }] =
      await Promise.all([
        import('plivo/dist/resources/call.js'),
        import('plivo/dist/resources/numbers.js'),
        import('plivo/dist/resources/applications.js'),
        import('plivo/dist/rest/utils.js'),
      ]);
    const request = camelCaseRequestWrapper((method: string, action: string, params: object = {}) =>
      ask({ method, url: `${account}/${action}`, params: { ...params } }, authorization, options),
    );
    return {
      calls: new CallInterface(request),
      numbers: new NumberInterface(request),
      applications: new ApplicationInterface(request),
      request,
    };
  });
}

interface SdkRequest {
  readonly method: string;
  readonly url: string;
  readonly params: Readonly<Record<string, unknown>>;
}

async function ask(
  { method, url, params }: SdkRequest,
  authorization: string,
  options: CallControlOptions,
): Promise<{ body: unknown }> {
  // A mark for the SDK's own client.
  const { is_voice_request: _, ...sent } = params;
  const hasBody = method === 'POST';
  const inUrl = hasBody ? [] : Object.entries(sent);
  const query = new URLSearchParams(inUrl.map(([name, value]): [string, string] => [name, String(value)]));
  const { status, text } = await askCarrier(
    'plivo',
    {
      method,
      url: query.size === 0 ? url : `${url}?${query.toString()}`,
      headers: { authorization, ...(hasBody ? { 'content-type': 'application/json' } : {}) },
      body: hasBody ? JSON.stringify(sent) : null,
    },
    options,
  );
  if (status < 200 || status > 299) throw failureOf(status, text, /\/Call\/[^/]/.test(url));
  return { body: text === '' ? {} : JSON.parse(text) };
}

function failureOf(status: number, text: string, isOneCall: boolean): GatewayError {
  return carrierFailure({ status, code: '', explanation: explanationIn(text), isOneCall }, failures);
}

function explanationIn(text: string): string {
  try {
    return parseFields(text, 'ERR_CARRIER_REFUSED').string('error');
  } catch {
    return '';
  }
}
