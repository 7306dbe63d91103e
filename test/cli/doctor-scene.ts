import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { doctor, type DoctorFlags } from '../../cli/doctor/command.ts';
import type { DoctorTools } from '../../cli/doctor/scene.ts';
import { testBot, type TestBot } from '../helpers/bot.ts';
import {
  authority,
  breakingProxy,
  toThisMachine,
  type BreakingProxy,
  type BreakingProxyOptions,
} from '../helpers/breaking-proxy.ts';
import { twilioApi, type TwilioApi } from '../helpers/carrier-api/index.ts';
import { moduleOf } from '../helpers/carriers.ts';
import { testGateway, type TestGateway } from '../helpers/gateway.ts';
import { printed, secret } from '../helpers/leaks.ts';

/** The one number of agent "support". */
export const NUMBER = '+15557772001';
export const MASTER: string = Buffer.from(Array.from({ length: 32 }, (_, index) => 7 * index)).toString(
  'base64url',
);

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

type Flags = Partial<DoctorFlags>;
type Tools = Partial<DoctorTools>;

/** A gateway with a bot, an account at Twilio, and what the doctor is told about them. */
export interface DoctorsCase {
  readonly bot: TestBot;
  readonly api: TwilioApi;
  readonly gateway: TestGateway;
  readonly env: Readonly<Record<string, string>>;
  /** A configuration file with this text. Returns its path. */
  configured(text: string): string;
  /** A proxy with these faults before the gateway. Returns its URL. */
  proxied(faults?: Partial<BreakingProxyOptions>): Promise<string>;
  /** Bots are not dialled when not asked for. */
  run(flags?: Flags, tools?: Tools): Promise<Ran>;
  /** The doctor of a gateway behind such a proxy. */
  behind(faults?: Partial<BreakingProxyOptions>, flags?: Flags, tools?: Tools): Promise<Ran>;
  /** Between tests: no numbers, no proxies. */
  tidy(): Promise<void>;
  close(): Promise<void>;
}

export async function doctorsCase(): Promise<DoctorsCase> {
  const folder = mkdtempSync(join(tmpdir(), 'hookswitch-doctor-'));
  const bot = await testBot();
  const made = moduleOf('twilio').inventCredentials();
  secret(MASTER, made['TWILIO_AUTH_TOKEN'] ?? '');
  const api = await twilioApi(made);
  const env = {
    ...made,
    TWILIO_API_URL: api.origin,
    HOOKSWITCH_SECRETS: `k1:${MASTER}`,
    HOOKSWITCH_STATE: join(folder, 'state.json'),
  };
  const gateway = await testGateway({ agents: { support: bot.url }, env });
  const proxies: BreakingProxy[] = [];
  let files = 0;
  const configured = (text: string): string => {
    const file = join(folder, `${(files += 1)}.toml`);
    writeFileSync(file, text);
    return file;
  };
  const proxied: DoctorsCase['proxied'] = async (faults = {}) => {
    const proxy = await breakingProxy({ to: gateway.port, ...faults });
    proxies.push(proxy);
    return `https://voice.example.com:${proxy.port}`;
  };
  const run: DoctorsCase['run'] = async (flags = {}, tools = {}) => {
    const usual = configured(
      `[[agents]]\nagent_name = "support"\nwebsocket_auth = "token"\nbots = ["${bot.url}"]\nnumbers = ["${NUMBER}"]\n`,
    );
    let out = '';
    let err = '';
    const stdout = { write: (text: string) => (printed(text), (out += text)) };
    const stderr = { write: (text: string) => (printed(text), (err += text)) };
    const world = { env, fetch, now: Date.now, lookup: toThisMachine, ca: authority, stdout, stderr };
    const code = await doctor({ bots: false, config: usual, ...flags }, { ...world, ...tools });
    return { code, out, err };
  };
  return {
    bot,
    api,
    gateway,
    env,
    configured,
    proxied,
    run,
    behind: async (faults, flags, tools) => run({ url: await proxied(faults), ...flags }, tools),
    async tidy() {
      api.numbers.clear();
      api.intercept = () => null;
      await Promise.all(proxies.splice(0).map((proxy) => proxy.close()));
    },
    async close() {
      await gateway.close();
      await bot.close();
      await api.close();
      rmSync(folder, { recursive: true });
    },
  };
}
