import { GatewayError } from '../shared/errors.ts';
import { sentenceOf } from '../shared/http.ts';
import { readState } from './state.ts';

/** Milliseconds. */
const PATIENCE = 10_000;

/** What a running gateway answers to a private key. Throws ERR_CALL_FAILED, or ERR_REQUEST_INVALID without a key. */
export async function askGateway(url: string, path: string): Promise<string> {
  if (!URL.canParse(url))
    throw new GatewayError('ERR_REQUEST_INVALID', '--url must be a URL, such as http://127.0.0.1:7860');
  const headers = { authorization: `Bearer ${privateKey()}` };
  const address = url.replace(/\/+$/, '') + path;
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

function privateKey(): string {
  const [given] = (process.env['HOOKSWITCH_PRIVATE_KEYS'] ?? '').split(',');
  const key = given || readState(process.env)?.privateKey;
  if (key !== undefined && !key.startsWith('sha256:')) return key;
  throw new GatewayError(
    'ERR_REQUEST_INVALID',
    'no private key: set HOOKSWITCH_PRIVATE_KEYS=sk_…, or run "hookswitch serve" here',
  );
}
