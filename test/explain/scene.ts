import { expect } from 'vitest';
import { allProviders } from '../../gateway/carriers.ts';
import { invent } from '../../gateway/config/invented.ts';
import type { Explanation } from '../../gateway/explain/explanation.ts';
import { ask, requestText, type RawAnswer } from '../attacks/raw.ts';
import type { HttpRequest } from '../../shared/http.ts';
import { testBot } from '../helpers/bot.ts';
import { testGateway, type TestGateway, type TestGatewayOptions } from '../helpers/gateway.ts';
import { secret } from '../helpers/leaks.ts';

export const PUBLIC = 'https://voice.example.com';
export const FROM = '+15557350021';
export const TO = '+15557350020';

export interface Explained extends Explanation {
  readonly id: string;
  readonly at: string;
  readonly door: string;
  readonly endpoint: string;
}

export interface RefusalScene {
  readonly gateway: TestGateway;
  /** Credentials of all carriers. */
  readonly carriers: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch, for the gateway; each call is a second later, so that it has time to explain. */
  readonly later: (seconds?: number) => void;
  /** A request as a proxy would hand it on: to this target, with these headers beside its own. */
  readonly deliver: (
    request: HttpRequest,
    target: string,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<RawAnswer>;
  /** GET, with the private key. */
  readonly get: (path: string, key?: string) => Promise<Response>;
  /** The newest explanation, once there are `count`. */
  readonly newest: (count: number) => Promise<Explained>;
  readonly count: () => Promise<number>;
  readonly close: () => Promise<void>;
}

/** A gateway that believes to be at PUBLIC, asked behind its back. */
export async function refusalScene(options: Partial<TestGatewayOptions> = {}): Promise<RefusalScene> {
  const bot = await testBot();
  let time = Date.now();
  const env = invent(allProviders).carriers;
  secret(
    ...Object.entries(env).flatMap(([name, value]) =>
      /TOKEN|PRIVATE|SECRET|API_KEY/.test(name) ? [value] : [],
    ),
  );
  const gateway = await testGateway({
    agents: {
      support: bot.url,
      sales: bot.url,
      signed: `websocket_auth = "signature"\nbots = ["${bot.url}"]`,
    },
    toml: `public_url = "${PUBLIC}"`,
    now: () => time,
    env,
    ...options,
  });
  const get: RefusalScene['get'] = (path, key = gateway.privateKey) =>
    fetch(gateway.http + path, { headers: { authorization: `Bearer ${key}` } });
  const list = async (): Promise<Explained[]> => {
    const { refusals } = (await (await get('/v1/refusals')).json()) as { refusals: Explained[] };
    return refusals;
  };
  return {
    gateway,
    carriers: env,
    get,
    later: (seconds = 1) => void (time += seconds * 1000),
    async deliver({ method, headers, body }, target, more = {}) {
      secret(...Object.entries(headers).flatMap(([name, value]) => (/signature/.test(name) ? [value] : [])));
      const lines = {
        host: 'gateway.internal',
        ...headers,
        connection: 'close',
        ...more,
        'content-length': String(Buffer.byteLength(body)),
      };
      const text = requestText(
        method,
        target,
        Object.entries(lines).map(([name, value]) => `${name}: ${value}`),
      );
      return ask(gateway.port, text + body);
    },
    count: async () => (await list()).length,
    async newest(count) {
      await expect.poll(async () => (await list()).length).toBe(count);
      const [first] = await list();
      if (!first) throw new Error('nothing was explained');
      return first;
    },
    async close() {
      await gateway.close();
      await bot.close();
    },
  };
}
