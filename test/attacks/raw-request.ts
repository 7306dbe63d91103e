import type { ProxiedCall } from '../helpers/proxied-call.ts';
import { ask, requestText, type RawAnswer } from './raw.ts';

export interface RawRequest {
  /** GET by default. */
  readonly method?: string;
  /** Header lines beside Host, Connection and Authorization. */
  readonly lines?: readonly string[];
  /** The public key by default. */
  readonly key?: string;
  readonly body?: string;
}

/** One request to the gateway of a proxied call, byte by byte. */
export async function rawRequest(
  { gateway }: ProxiedCall,
  target: string,
  { method = 'GET', lines = [], key = gateway.publicKey, body = '' }: RawRequest = {},
): Promise<RawAnswer> {
  const own = ['Host: gateway.test', 'Connection: close', `Authorization: Bearer ${key}`];
  return ask(gateway.port, requestText(method, target, [...own, ...lines]) + body);
}
