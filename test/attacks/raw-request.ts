import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { proxiedCall, type ProxiedCall } from '../helpers/proxied-call.ts';
import { expectNormalCall } from './alive.ts';
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

export interface AttackedCall {
  readonly call: () => ProxiedCall;
  /** One request to its gateway, byte by byte. */
  readonly send: (target: string, request?: RawRequest) => Promise<RawAnswer>;
  /** Method and target of what came to the bot in this test. */
  readonly arrived: () => string[];
}

/** For all tests of a file: one live call, after each of which a normal one works. */
export function attackedCall(): AttackedCall {
  let call: ProxiedCall;
  beforeAll(async () => {
    call = await proxiedCall((url) => ({ agents: { support: url } }));
  });
  beforeEach(() => {
    call.seen = [];
  });
  afterEach(() => expectNormalCall(call.gateway, 'support'));
  afterAll(() => call.close());
  return {
    call: () => call,
    send: (target, request) => rawRequest(call, target, request),
    arrived: () => call.seen.map(({ method, url }) => `${method} ${url}`),
  };
}

async function rawRequest(
  { gateway }: ProxiedCall,
  target: string,
  { method = 'GET', lines = [], key = gateway.publicKey, body = '' }: RawRequest = {},
): Promise<RawAnswer> {
  const own = ['Host: gateway.test', 'Connection: close', `Authorization: Bearer ${key}`];
  return ask(gateway.port, requestText(method, target, [...own, ...lines]) + body);
}
