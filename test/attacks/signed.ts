import { allProviders } from '../../gateway/carriers.ts';
import type { Carrier } from '../../shared/carrier.ts';
import type { Call } from '../../shared/provider.ts';
import { carrierOf, moduleOf, openingOf, ring, type Rung } from '../helpers/carriers.ts';
import { connect, type Client } from '../helpers/client.ts';
import type { TestBot } from '../helpers/bot.ts';
import { testGateway, type TestGateway } from '../helpers/gateway.ts';
import { secret } from '../helpers/leaks.ts';

export const FROM = '+15557350011';
export const TO = '+15557350010';

/** Carriers whose upgrades are signed. */
export const signing: readonly string[] = allProviders
  .filter((module) => 'verifyUpgrade' in (module.configure(module.inventCredentials()) ?? {}))
  .map(({ name }) => name);

/** A gateway with two agents that ask for signatures, one that asks for nothing, and others. */
export function signedGateway(
  bot: TestBot,
  others: Readonly<Record<string, string>> = {},
): Promise<TestGateway> {
  const signed = `websocket_auth = "signature"\nbots = ["${bot.url}"]`;
  return testGateway({ agents: { support: bot.url, signed, sales: signed, ...others } });
}

export interface Announced extends Rung {
  readonly call: Call;
  readonly carrier: Carrier;
  /** Headers of a genuine upgrade to the stream. */
  readonly headers: Record<string, string>;
}

/** A call whose webhook has been asked. */
export async function announced(name: string, agent: string, gateway: TestGateway): Promise<Announced> {
  const carrier = carrierOf(name, gateway.carriers);
  const call = carrier.newCall(FROM, TO);
  const rung = await ring(carrier, call, `${gateway.http}/webhooks/${name}/${agent}`);
  return { ...rung, call, carrier, headers: signatureFor(carrier, rung.streamUrl) };
}

export function signatureFor(carrier: Carrier, url: string): Record<string, string> {
  const { 'sec-websocket-protocol': _, ...headers } = carrier.upgradeHeaders(url);
  secret(...Object.values(headers).filter((value) => value.length > 25));
  return headers;
}

/** The same carrier, with credentials of another account. */
export function strangerOf(name: string): Carrier {
  return carrierOf(name, moduleOf(name).inventCredentials());
}

/** Opens the stream of a call and says its first messages. */
export async function stream({ streamUrl, headers, carrier }: Announced, call: Call): Promise<Client> {
  const client = await connect(streamUrl, { headers });
  for (const line of openingOf(carrier.name, carrier.newStream(call, {}))) client.socket.send(line);
  return client;
}
