import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { testBot, type TestBot, type TestBotOptions } from '../helpers/bot.ts';
import { carrierOf, openingOf } from '../helpers/carriers.ts';
import { connect, type Client } from '../helpers/client.ts';
import { testGateway, type TestGateway, type TestGatewayOptions } from '../helpers/gateway.ts';

/** An agent in TOML. `pool`: the inside of its table. */
export function agentWith(bots: readonly string[], pool = ''): string {
  return `websocket_auth = "token"\nbots = ${JSON.stringify(bots)}\npool = { ${pool} }`;
}

/** Bots that do not outlive their test. */
export function botsOfTest(count: number, options: TestBotOptions = {}): Promise<TestBot[]> {
  return Promise.all(Array.from({ length: count }, () => botOfTest(options)));
}

export async function botOfTest(options: TestBotOptions = {}): Promise<TestBot> {
  const bot = await testBot(options);
  onTestFinished(() => bot.close());
  return bot;
}

/** A gateway with one agent, "a", that does not outlive its test. */
export async function gatewayOfTest(
  agent: string,
  options: Omit<TestGatewayOptions, 'agents'> = {},
): Promise<TestGateway> {
  const gateway = await testGateway({ agents: { a: agent }, ...options });
  onTestFinished(() => gateway.close());
  return gateway;
}

export interface Placed extends Client {
  readonly sessionId: string;
}

/** A call that is answered. Rejects with the status when it is not. */
export async function call(gateway: TestGateway): Promise<Placed> {
  const { sessionId, wsUrl, token } = await gateway.start('a');
  return { ...(await connect(`${wsUrl}/${token}`)), sessionId };
}

export interface CarrierCall extends Placed {
  /** Everything it has said: its opening, and `words` more messages. */
  readonly said: readonly string[];
}

/** A call over Twilio, whose caller talks at once, whoever is there. */
export async function carrierCall(gateway: TestGateway, words = 0): Promise<CarrierCall> {
  const { sessionId, wsUrl, token } = await gateway.start('a');
  const client = await connect(`${wsUrl.replace('/generic', '/twilio')}/${token}`);
  const carrier = carrierOf('twilio', gateway.carriers);
  const stream = carrier.newStream(carrier.newCall('+14155550100', '+14155550199'), {});
  const said = [
    ...openingOf('twilio', stream),
    ...Array.from({ length: words }, (_, index) => `${index} ${'x'.repeat(250)}`),
  ];
  for (const message of said) client.socket.send(message);
  return { ...client, sessionId, said };
}

/** How many calls a bot has at the moment. */
export function callsAt({ sockets }: TestBot): number {
  return sockets.filter(({ readyState }) => readyState === WebSocket.OPEN).length;
}

export function logged(gateway: TestGateway, msg: string): Readonly<Record<string, unknown>>[] {
  return gateway.log.filter((line) => line['msg'] === msg);
}
