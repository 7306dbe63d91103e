import { allProviders } from '../../gateway/app.ts';
import type { Carrier, Verb } from '../../shared/carrier.ts';
import type { Env } from '../../shared/env.ts';
import type { Call, ProviderModule } from '../../shared/provider.ts';
import type { StreamFacts } from '../../shared/stream.ts';
import { secret } from './leaks.ts';
import { readXml } from './read-xml.ts';

export const carrierNames: readonly string[] = allProviders.map(({ name }) => name);

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
  const verbs = status === 200 ? carrier.readDocument(readXml(document)) : [];
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
    if (text === null) throw new Error(`${name} cannot say ${type}`);
    return text;
  });
}
