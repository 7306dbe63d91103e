import { CARRIER_TIMEOUT, type CallControlOptions } from './call-control.ts';
import { toldText } from './call-status.ts';
import { GatewayError } from './errors.ts';
import { readBody } from './http-body.ts';
import { keepsSecrets } from './loopback.ts';
import type { Env } from './env.ts';

/** Bytes of an answer that are read: a call is described in two thousand. */
const MAX_ANSWER_BYTES = 1_048_576;
/** Characters of a carrier's own explanation that are handed on. */
const MAX_EXPLANATION = 200;

export interface RestRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

export interface RestAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/**
 * One request to a carrier, never tried twice, never redirected. Resolves with whatever status it answers. Rejects with
 * ERR_CARRIER_UNREACHABLE.
 */
export async function askCarrier(
  carrier: string,
  { method, url, headers, body }: RestRequest,
  { fetch, timeout = CARRIER_TIMEOUT }: CallControlOptions,
): Promise<RestAnswer> {
  const { origin } = new URL(url);
  try {
    const response = await fetch(url, {
      method,
      headers: { ...headers },
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(timeout),
    });
    const text = await readBody(response.body, MAX_ANSWER_BYTES);
    if (text !== null) return { status: response.status, headers: response.headers, text };
  } catch (error) {
    const isLate = error instanceof Error && error.name === 'TimeoutError';
    const what = isLate ? `did not answer within ${timeout / 1000} s` : 'cannot be reached';
    throw unreachable(
      carrier,
      method,
      `${carrier} ${what} at ${origin}: ask again, or check the network`,
      error,
    );
  }
  throw unreachable(
    carrier,
    method,
    `${carrier} answered with more than ${MAX_ANSWER_BYTES} bytes at ${origin}`,
  );
}

/** HTTP Basic: RFC 7617. */
export function basicAuth(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

/** For SDKs, which take a while: the same promise to everybody, begun with the first request. */
export function loadedOnce<T>(load: () => Promise<T>): () => Promise<T> {
  let loaded: Promise<T> | null = null;
  return () => (loaded ??= load());
}

function unreachable(carrier: string, method: string, message: string, cause?: unknown): GatewayError {
  const doubt = method === 'GET' ? '' : `. Whether ${carrier} did what was asked is not known`;
  return new GatewayError('ERR_CARRIER_UNREACHABLE', message + doubt, { cause });
}

/** What a carrier says of a failure, in its own words and numbers. */
export interface CarrierFailure {
  readonly status: number;
  /** Its own error code; empty when there is none. */
  readonly code: string;
  readonly explanation: string;
  /** Was something asked of one call? */
  readonly isOneCall: boolean;
}

/** How a carrier spells what went wrong. Looked up by its own code first, then by the HTTP status. */
export interface Failures {
  readonly carrier: string;
  /** Codes and statuses of a call that is over, or was never known; they mean it only where one call was meant. */
  readonly over: readonly string[];
  /** Sentences with the cure, by code or status. */
  readonly cures: Readonly<Record<string, string>>;
  /** Variables that hold the credentials. */
  readonly credentials: string;
}

/** ERR_CALL_OVER, ERR_CARRIER_REFUSED or ERR_CARRIER_UNREACHABLE. Without what a carrier says about credentials. */
export function carrierFailure(failure: CarrierFailure, how: Failures): GatewayError {
  const { status, code, explanation, isOneCall } = failure;
  const { carrier, over, cures, credentials } = how;
  const keys = [code, String(status)];
  if (isOneCall && keys.some((key) => over.includes(key))) {
    return new GatewayError('ERR_CALL_OVER', `the call is over, or ${carrier} does not know it (any more)`);
  }
  const name = code === '' ? `HTTP ${status}` : `error ${code}, HTTP ${status}`;
  if (status === 401) {
    return refused(`${carrier} refuses our credentials (${name}): check ${credentials}`);
  }
  const [cure] = keys.flatMap((key) => cures[key] ?? []);
  const told = explanation === '' ? '' : `: ${masked(explanation)}`;
  if (status === 429 || status >= 500) {
    const wait = status === 429 ? 'too many requests: ask again later' : 'the fault is there: ask again';
    return new GatewayError('ERR_CARRIER_UNREACHABLE', `${carrier} answers ${name}${told}. ${cure ?? wait}`);
  }
  return refused(`${carrier} refuses (${name})${told}. ${cure ?? `look the code up in its documentation`}`);
}

function refused(message: string): GatewayError {
  return new GatewayError('ERR_CARRIER_REFUSED', message);
}

/** Cut, on one line, and without whole phone numbers: it goes into the log. */
function masked(text: string): string {
  const told = text.replace(/\+?\d{7,}/g, (number) => `…${number.slice(-4)}`);
  return toldText(told, MAX_EXPLANATION).replace(/\.$/, '');
}

/**
 * Where a carrier's REST interface is: the variable, for regional hosts and for tests, or what the carrier documents.
 * Without a slash at its end. Throws ERR_CONFIG_INVALID for anything but https, or http on this machine: credentials travel there.
 */
export function apiUrlOf(env: Env, variable: string, documented: string): string {
  const text = env[variable];
  if (!text) return documented;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url && keepsSecrets(url) && !/[?#@]/.test(text)) return url.href.replace(/\/+$/, '');
  throw new GatewayError(
    'ERR_CONFIG_INVALID',
    `${variable} must be an https URL without query, fragment and user (http on this machine only)`,
  );
}
