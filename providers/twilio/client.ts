import type { Twilio } from 'twilio';
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

/** What the SDK asks its HTTP client for, as far as it does with calls and numbers. */
interface SdkRequest {
  readonly method: string;
  readonly uri: string;
  readonly username?: string;
  readonly password?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** Codes as on https://www.twilio.com/docs/api/errors (21210, 21217 and 21220 read 2026-11-21). */
const failures: Failures = {
  carrier: 'twilio',
  over: ['404', '20404', '21220'],
  credentials: 'TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN',
  cures: {
    21210: 'call from a number of this account, or verify the number in the console',
    21217: 'check the number that is called',
    400: 'check the numbers; for other countries, allow them: Voice → Settings → Geo permissions',
  },
};

export const API_URL = 'https://api.twilio.com';

/**
 * Twilio's SDK over our own HTTP: one time limit for the whole request, and a base URL that may be another one
 * (`TWILIO_API_URL`: a regional host such as https://api.dublin.ie1.twilio.com, or a test). Null without our variables.
 * The SDK is loaded when the client is asked for.
 *
 * @see https://www.twilio.com/docs/libraries/reference/twilio-node (custom HTTP client; read 2026-11-21)
 */
export function client(env: Env, options: CallControlOptions): (() => Promise<Twilio>) | null {
  const settings = readSettings(env);
  if (!settings) return null;
  const { accountSid, authTokens } = settings;
  const apiUrl = apiUrlOf(env, 'TWILIO_API_URL', API_URL);
  return loadedOnce(async () => {
    const [{ default: twilio }, { default: RequestClient }] = await Promise.all([
      import('twilio'),
      import('twilio/lib/base/RequestClient.js'),
    ]);
    const httpClient = Object.assign(new RequestClient(), {
      request: (request: SdkRequest) => ask(request, apiUrl, options),
    });
    return twilio(accountSid, authTokens[0], { httpClient });
  });
}

async function ask(request: SdkRequest, apiUrl: string, options: CallControlOptions): Promise<object> {
  const { method, uri, username = '', password = '', headers = {}, params = {}, data = {} } = request;
  const { pathname } = new URL(uri);
  const query = formOf(params);
  const hasBody = method !== 'get' && method !== 'delete';
  const { status, text } = await askCarrier(
    'twilio',
    {
      method: method.toUpperCase(),
      url: `${apiUrl}${pathname}${query === '' ? '' : `?${query}`}`,
      headers: {
        ...headers,
        authorization: basicAuth(username, password),
      },
      body: hasBody ? formOf(data) : null,
    },
    options,
  );
  if (status < 200 || status > 299) throw failureOf(status, text, /\/Calls\/CA/.test(pathname));
  return { statusCode: status, body: text, headers: {} };
}

/** A list becomes the same name several times, as Twilio takes it. What is not set is left out. */
function formOf(values: Readonly<Record<string, unknown>>): string {
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== null) form.append(name, String(one));
    }
  }
  return form.toString();
}

function failureOf(status: number, text: string, isOneCall: boolean): GatewayError {
  return carrierFailure({ status, ...parseFailure(text), isOneCall }, failures);
}

function parseFailure(text: string): { code: string; explanation: string } {
  try {
    const told = parseFields(text, 'ERR_CARRIER_REFUSED');
    return { code: String(told.number('code')), explanation: told.string('message') };
  } catch {
    return { code: '', explanation: '' };
  }
}
