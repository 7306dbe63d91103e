import { allProviders } from '../../gateway/carriers.ts';
import type { Carrier, Verb } from '../../shared/carrier.ts';
import type { Env } from '../../shared/env.ts';
import type { Call, ProviderModule } from '../../shared/provider.ts';
import type { StreamFacts } from '../../shared/stream.ts';
import { secret } from './leaks.ts';
import { documentOf } from './read-document.ts';

/** Carriers that ask a webhook what to do with a call; the others open their streams unasked. */
export const carrierNames: readonly string[] = allProviders
  .filter((module) => !module.streamsOnly)
  .map(({ name }) => name);

/** Those that ask a webhook what to do with a call. */
export const webhookCarriers: readonly string[] = allProviders
  .filter((module) => module.streamsOnly === undefined)
  .map(({ name }) => name);

/** Carriers whose streams hand back the parameters of our document: Vobiz's do not. */
export const echoingCarriers: readonly string[] = carrierNames.filter((name) => name !== 'vobiz');

export function moduleOf(name: string): ProviderModule {
  const module = allProviders.find((candidate) => candidate.name === name);
  if (!module) throw new Error(`no provider ${name}`);
  return module;
}

/** A carrier that signs with the credentials of a test gateway. */
export function carrierOf(name: string, env: Env): Carrier {
  const carrier = moduleOf(name).carrier(env);
  if (!carrier) throw new Error(`no carrier ${name}`);
  return carrier;
}

export interface Rung {
  readonly status: number;
  readonly document: string;
  readonly verbs: readonly Verb[];
  /** Of the first stream verb. */
  readonly streamUrl: string;
}

/** Rings a webhook as the carrier does and reads the document as it does. */
export async function ring(
  carrier: Carrier,
  call: Call,
  url: string,
  method: 'GET' | 'POST' = 'POST',
): Promise<Rung> {
  const request = carrier.ring(call, { url, method }, Date.now());
  secret(call.from, call.to, ...Object.entries(request.headers).flatMap(signatureIn));
  const { headers, body } = request;
  const answer = await fetch(request.url, method === 'GET' ? { headers } : { method, headers, body });
  return rungOf(carrier, answer.status, await answer.text());
}

/** What a webhook was answered. */
export function rungOf(carrier: Carrier, status: number, document: string): Rung {
  const verbs = status === 200 ? carrier.readDocument(documentOf(document)) : [];
  const stream = verbs.find((verb) => verb.type === 'stream');
  const streamUrl = stream?.type === 'stream' ? stream.url : '';
  secret(...(streamUrl.match(/[^/]+\.[A-Za-z0-9_-]{43}$/) ?? []));
  return { status, document, verbs, streamUrl };
}

function signatureIn([name, value]: [string, string]): string[] {
  return name.includes('signature') ? [value] : [];
}

/** The first messages of a carrier on its stream. */
export function openingOf(name: string, stream: StreamFacts): string[] {
  const { stream: protocol } = moduleOf(name);
  return protocol.opening.map((type) => {
    const event = type === 'start' ? ({ type, sequence: 1, stream } as const) : ({ type } as const);
    const text = protocol.encodeEvent(event, stream);
    if (typeof text !== 'string') throw new Error(`${name} cannot say ${type}`);
    return text;
  });
}
