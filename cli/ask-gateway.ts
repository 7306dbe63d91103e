import type { Env } from '../shared/env.ts';
import { GatewayError } from '../shared/errors.ts';
import { sentenceOf } from '../shared/http.ts';
import { readState } from './state.ts';

/** Milliseconds. */
const PATIENCE = 10_000;

/** What a running gateway answers to a private key. Throws ERR_CALL_FAILED, or ERR_REQUEST_INVALID without a key. */
export async function askGateway(url: string, path: string): Promise<string> {
  const address = gatewayAt(url) + path;
  const headers = { authorization: `Bearer ${keyFor('private', process.env)}` };
  let response: Response;
  let text: string;
  try {
    response = await fetch(address, { headers, redirect: 'error', signal: AbortSignal.timeout(PATIENCE) });
    text = await response.text();
  } catch (cause) {
    throw new GatewayError(
      'ERR_CALL_FAILED',
      `no gateway answers at ${new URL(url).origin}: name it with --url`,
      { cause },
    );
  }
  if (response.ok) return text;
  const sentence = sentenceOf(text);
  throw new GatewayError('ERR_CALL_FAILED', sentence || `the gateway answered ${response.status}`);
}

/** `--url` of a running gateway, without a slash at its end. Throws ERR_REQUEST_INVALID. */
export function gatewayAt(url: string): string {
  if (URL.canParse(url)) return url.replace(/\/+$/, '');
  throw new GatewayError('ERR_REQUEST_INVALID', '--url must be a URL, such as http://127.0.0.1:7860');
}

/** A key that a running gateway takes: the first configured one, else that of the state file. Throws ERR_REQUEST_INVALID. */
export function keyFor(
  kind: 'public' | 'private',
  env: Env,
  ofState: () => string | undefined = () => readState(env)?.[`${kind}Key`],
): string {
  const variable = `HOOKSWITCH_${kind.toUpperCase()}_KEYS`;
  const [given = ''] = (env[variable] ?? '').split(',');
  const key = given.trim() || ofState();
  if (key && !key.startsWith('sha256:')) return key;
  const example = kind === 'public' ? 'pk_…' : 'sk_…';
  throw new GatewayError(
    'ERR_REQUEST_INVALID',
    `no ${kind} key: set ${variable}=${example}, or run "hookswitch serve" here`,
  );
}
