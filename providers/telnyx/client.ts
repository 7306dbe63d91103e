import type { Telnyx } from 'telnyx';
import type { CallControlOptions } from '../../shared/call-control.ts';
import {
  apiUrlOf,
  askCarrier,
  carrierFailure,
  loadedOnce,
  type Failures,
} from '../../shared/carrier-rest.ts';
import type { Env } from '../../shared/env.ts';
import { GatewayError } from '../../shared/errors.ts';
import { isRecord } from '../../shared/fields.ts';
import { jsonIn } from '../../shared/json-text.ts';
import { readSettings } from './settings.ts';

export const API_URL = 'https://api.telnyx.com/v2';

/** As Pipecat's serializer for Telnyx knows it (src/pipecat/serializers/telnyx.py, read 2026-11-21); not in Telnyx's list. */
const CALL_ENDED = '90018';

const failures: Failures = {
  carrier: 'telnyx',
  over: ['404', CALL_ENDED],
  credentials: 'TELNYX_API_KEY',
  cures: {
    403: 'does the outbound voice profile of the TeXML application allow this destination, and is the number ours?',
    404: 'check TELNYX_ACCOUNT_SID and TELNYX_APPLICATION_ID',
    422: 'check the numbers, and that the TeXML application has an outbound voice profile',
  },
};

/**
 * Telnyx's SDK over our own HTTP: it would try again by itself, which rings twice. `TELNYX_API_URL` is for tests. Null
 * without our variables. Loaded when asked for. It rejects with an error
 * whose `cause` is a GatewayError.
 */
export function client(env: Env, options: CallControlOptions): (() => Promise<Telnyx>) | null {
  const settings = readSettings(env);
  if (!settings) return null;
  const baseURL = apiUrlOf(env, 'TELNYX_API_URL', API_URL);
  return loadedOnce(async () => {
    const { Telnyx: Sdk } = await import('telnyx');
    const apiKey = settings.apiKeys[0];
    return new Sdk({ apiKey, baseURL, maxRetries: 0, logLevel: 'off', fetch: fetchOver(options) });
  });
}

/** As the SDK wants it. A refusal rejects here: the SDK hands our error on as the cause of its own. */
function fetchOver(options: CallControlOptions): typeof globalThis.fetch {
  return async (target, init = {}) => {
    const url = target instanceof Request ? target.url : String(target);
    const { method = 'GET', body } = init;
    const headers = Object.fromEntries(new Headers(init.headers));
    const sent = body === null || body === undefined ? null : await new Response(body).text();
    const answer = await askCarrier('telnyx', { method, url, headers, body: sent }, options).catch(kept);
    if (answer.status < 200 || answer.status > 299) kept(failureOf(answer.status, answer.text, url));
    return new Response(answer.text === '' ? null : answer.text, {
      status: answer.status,
      headers: { 'content-type': answer.headers.get('content-type') ?? 'application/json' },
    });
  };
}

/** Throws it so that the SDK keeps it: for what reads like a timeout, cause included, it has an error of its own. */
function kept(error: unknown): never {
  if (!(error instanceof GatewayError)) throw error;
  throw new GatewayError(error.code, error.message.replace(/(time)d? ?(out)/gi, '$1-$2'));
}

function failureOf(status: number, text: string, url: string): GatewayError {
  const isOneCall = /\/calls\/[^/]+\/actions|\/Calls\/[^/]/.test(url);
  return carrierFailure({ status, ...firstOf(text), isOneCall }, failures);
}

/** `{"errors": [{code, title, detail}]}` */
function firstOf(text: string): { code: string; explanation: string } {
  const told = jsonIn(text);
  const [first]: unknown[] = isRecord(told) && Array.isArray(told['errors']) ? told['errors'] : [];
  const { code, title, detail } = isRecord(first) ? first : {};
  const [explanation = ''] = [detail, title].filter((words) => typeof words === 'string');
  return { code: typeof code === 'string' ? code : '', explanation };
}
