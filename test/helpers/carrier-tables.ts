import { allProviders } from '../../gateway/carriers.ts';
import { bytesOf, FRAME_MS } from '../../shared/audio.ts';
import type { Step } from '../../shared/carrier.ts';
import type { Env } from '../../shared/env.ts';
import type { ProviderModule } from '../../shared/provider.ts';
import type { StreamFacts } from '../../shared/stream.ts';
import { documentOf } from './read-document.ts';

/** One table of docs/carriers.md: a head, and a row for each carrier, as the registry has it. */
export interface CarrierTable {
  readonly head: readonly string[];
  readonly rows: ReadonlyMap<string, readonly string[]>;
}

export async function carrierTables(): Promise<readonly CarrierTable[]> {
  return Promise.all([
    table(['carrier', 'webhook', 'a stream opens with', 'signs its upgrades'], doorOf),
    table(['carrier', 'audio', 'travels as', 'keys', 'marks', 'clear'], soundOf),
    table(['carrier', 'steps without a bot', 'live calls', 'outbound', 'callbacks', '`connect`'], restOf),
  ]);
}

async function table(
  head: readonly string[],
  of: (module: ProviderModule) => readonly string[] | Promise<readonly string[]>,
): Promise<CarrierTable> {
  const rows = allProviders.map(async (module) => [module.name, await of(module)] as const);
  return { head, rows: new Map(await Promise.all(rows)) };
}

const NO = '–';
const yes = (has: boolean): string => (has ? 'yes' : NO);
const words = (...all: (string | false)[]): string => all.filter((word) => word !== false).join(', ') || NO;

async function doorOf(module: ProviderModule): Promise<string[]> {
  const env = module.inventCredentials();
  const provider = module.configure(env);
  const streams = module.streamsOnly?.(env);
  const signs = [provider, streams].some((door) => door?.verifyUpgrade !== undefined);
  const secret = signs ? 'its signature' : 'a static secret';
  if (!provider) return [NO, secret, yes(signs)];
  const body = provider.bodyType === 'json' ? 'JSON' : 'form';
  const covered = provider.signsUrl ? 'signed with its URL' : 'signed without its URL';
  const signed = (await signsBody(module, env)) ? covered : 'its URL is signed, not its body';
  return [`${body}, ${signed}`, 'a one-time token', yes(signs)];
}

/** Is a genuine webhook refused once somebody has changed the caller's number in its body? */
async function signsBody(module: ProviderModule, env: Env): Promise<boolean> {
  const [provider, carrier] = [module.configure(env), module.carrier(env)];
  if (!provider || !carrier) return false;
  const call = carrier.newCall('+15551230001', '+15551230000');
  const url = `https://voice.example.com/webhooks/${module.name}`;
  const request = carrier.ring(call, { url, method: 'POST' }, Date.now());
  const body = request.body.replace('5551230001', '5551230009');
  return body !== request.body && !(await provider.verify({ ...request, body })).ok;
}

const encodings = { mulaw: 'G.711 µ-law', alaw: 'G.711 A-law', l16: '16 bits, linear' } as const;

function soundOf(module: ProviderModule): string[] {
  const { stream } = module;
  const facts = factsOf(module);
  const audio = new Uint8Array(bytesOf(facts.format, stream.frameMs ?? FRAME_MS));
  const media = stream.encodeEvent({ type: 'media', sequence: 1, chunk: 1, timestamp: 0, audio }, facts);
  const has = (message: unknown): string => yes(message !== null);
  const exact = stream.frameMs === undefined ? '' : `, ${stream.frameMs} ms each`;
  return [
    `${encodings[facts.format.encoding]}, ${facts.format.sampleRate / 1000} kHz`,
    (typeof media === 'string' ? 'JSON' : 'binary') + exact,
    has(stream.encodeEvent({ type: 'dtmf', sequence: 1, digit: '1', timestamp: 0 }, facts)),
    has(stream.encodeCommand({ type: 'mark', name: 'm' }, facts)),
    has(stream.encodeCommand({ type: 'clear' }, facts)),
  ];
}

const steps: Readonly<Record<string, Step>> = {
  say: { type: 'say', text: 'Sorry.' },
  play: { type: 'play', url: 'https://files.example.com/sorry.mp3' },
  dial: { type: 'dial', number: '+15559990000' },
  redirect: { type: 'redirect', url: 'https://app.example.com/', method: 'POST' },
};

function restOf(module: ProviderModule): string[] {
  const env = module.inventCredentials();
  const provider = module.configure(env);
  const carrier = module.carrier(env);
  const read = (step: Step): string | undefined =>
    provider ? carrier?.readDocument(documentOf(provider.decline([step]).body))[0]?.type : undefined;
  const { place, ...commands } = abilitiesOf(module, env);
  return [
    words(...Object.entries(steps).map(([name, step]) => read(step) === step.type && name)),
    words(...Object.entries(commands).map(([name, needed]) => name + (needed && ` ${needed}`))),
    place === undefined ? NO : place || 'yes',
    words(
      provider?.readStatus !== undefined && 'calls',
      provider?.readStreamStatus !== undefined && 'streams',
    ),
    yes(module.numbers !== undefined),
  ];
}

/** What can be done with calls, and with which further variables: `with \`TELNYX_ACCOUNT_SID\``, or nothing. */
function abilitiesOf(module: ProviderModule, env: Env): Readonly<Record<string, string>> {
  const options = (module.options ?? []).filter((name) => !name.endsWith('_API_URL'));
  const able = (names: readonly string[]): string[] => {
    const set = Object.fromEntries(names.map((name) => [name, 'x']));
    return Object.keys(module.control?.({ ...env, ...set }, { fetch }) ?? {}).filter(
      (name) => name !== 'lacks',
    );
  };
  return Object.fromEntries(
    able(options).map((name) => {
      const needed = options.filter((one) => !able(options.filter((other) => other !== one)).includes(name));
      return [name, needed.length === 0 ? '' : `with ${needed.map((option) => `\`${option}\``).join(', ')}`];
    }),
  );
}

function factsOf(module: ProviderModule): StreamFacts {
  const carrier = module.carrier(module.inventCredentials());
  const call = carrier?.newCall('+15551230001', '+15551230000');
  const facts = call && carrier?.newStream(call, {});
  if (!facts) throw new Error(`${module.name} has no carrier`);
  return facts;
}
