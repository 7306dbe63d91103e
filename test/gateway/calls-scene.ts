import { invent } from '../../gateway/config/invented.ts';
import { plivo, telnyx, twilio } from '../../providers/index.ts';
import type { CallEvent } from '../../shared/call-status.ts';
import type { Carrier } from '../../shared/carrier.ts';
import type { Call } from '../../shared/provider.ts';
import { testBot, type TestBot } from '../helpers/bot.ts';
import { plivoApi, telnyxApi, twilioApi, type ApiServer } from '../helpers/carrier-api/index.ts';
import { carrierOf, openingOf, ring } from '../helpers/carriers.ts';
import { connect, type Client } from '../helpers/client.ts';
import { secretPart, testGateway, type TestGateway, type TestGatewayOptions } from '../helpers/gateway.ts';
import { secret } from '../helpers/leaks.ts';

export const names = ['twilio', 'plivo', 'telnyx'] as const;
export type Name = (typeof names)[number];

export const OURS = '+15557350000';
export const THEIRS = '+15557350001';

/** A gateway whose carriers' REST interfaces are on this machine. */
export interface CallScene {
  readonly gateway: TestGateway;
  readonly bot: TestBot;
  readonly apis: Readonly<Record<Name, ApiServer & { addCall(): string }>>;
  readonly carriers: Readonly<Record<Name, Carrier>>;
  /** POST with a key and JSON. */
  post(path: string, key: string, body?: unknown): Promise<{ status: number; json: Record<string, unknown> }>;
  close(): Promise<void>;
}

/** Rules under which nearly everything is allowed. */
export const OPEN = `websocket_auth = "token"
transfer_to = ["+1555"]
`;
export const OUTBOUND: string = `
[agents.outbound]
from = ["${OURS}"]
to = ["+1555"]
`;

export async function callScene(
  tables: Readonly<Record<string, string>>,
  options: Omit<TestGatewayOptions, 'agents' | 'env'> = {},
): Promise<CallScene> {
  const credentials = invent([twilio, plivo, telnyx]).carriers;
  const apis = {
    twilio: await twilioApi(credentials),
    plivo: await plivoApi(credentials),
    telnyx: await telnyxApi(credentials),
  };
  const env = {
    ...credentials,
    TWILIO_API_URL: apis.twilio.origin,
    PLIVO_API_URL: apis.plivo.origin,
    TELNYX_API_URL: `${apis.telnyx.origin}/v2`,
    TELNYX_ACCOUNT_SID: '8a3f0b8e-5a3e-4b1e-9d53-1d0f2b6a7c11',
    TELNYX_APPLICATION_ID: apis.telnyx.addApplication({
      friendly_name: 'a',
      voice_url: 'https://voice.example.com/',
    }),
  };
  secret(...Object.entries(credentials).flatMap(secretPart));
  const bot = await testBot();
  const agents = Object.entries(tables).map(([name, table]) => [name, `bots = ["${bot.url}"]\n${table}`]);
  const gateway = await testGateway({ ...options, agents: Object.fromEntries(agents), env });
  return {
    gateway,
    bot,
    apis,
    carriers: {
      twilio: carrierOf('twilio', env),
      plivo: carrierOf('plivo', env),
      telnyx: carrierOf('telnyx', env),
    },
    async post(path, key, body) {
      const answer = await fetch(gateway.http + path, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: answer.status, json: (await answer.json()) as Record<string, unknown> };
    },
    async close() {
      await gateway.close();
      await bot.close();
      await Promise.all(Object.values(apis).map((api) => api.close()));
    },
  };
}

/** A call that its carrier knows, and that talks to a bot. */
export interface Talking {
  readonly call: Call;
  readonly client: Client;
  readonly sessionId: string;
  /** Of the bot, as its dial had it. */
  readonly credential: string;
}

export async function talking(scene: CallScene, name: Name, agent: string): Promise<Talking> {
  const carrier = scene.carriers[name];
  const call = { ...carrier.newCall(THEIRS, OURS), id: scene.apis[name].addCall() };
  const { streamUrl } = await ring(carrier, call, `${scene.gateway.http}/webhooks/${name}/${agent}`);
  return join(scene, name, call, streamUrl);
}

/** Opens the stream of a call as its carrier does. */
export async function join(scene: CallScene, name: Name, call: Call, streamUrl: string): Promise<Talking> {
  const carrier = scene.carriers[name];
  const dialled = scene.bot.next();
  const client = await connect(streamUrl);
  for (const message of openingOf(name, carrier.newStream(call, {}))) client.socket.send(message);
  await dialled;
  return { call, client, ...lastDial(scene) };
}

/** What the bot was told when it was dialled last. */
export function lastDial({ bot }: CallScene): Pick<Talking, 'sessionId' | 'credential'> {
  const headers = bot.dials.at(-1)?.headers;
  const credential = String(headers?.['x-session-credential']);
  secret(credential);
  return { sessionId: String(headers?.['x-daily-session-id']), credential };
}

/** Posts a callback as the carrier would. */
export async function tell(carrier: Carrier, call: Call, event: CallEvent, url: string): Promise<number> {
  const { method, headers, body } = carrier.status!(call, event, { url, method: 'POST' }, Date.now());
  const answer = await fetch(url, { method, headers, body });
  await answer.arrayBuffer();
  return answer.status;
}
