import type { Step } from './carrier.ts';
import { readGroup, type Env } from './env.ts';
import { GatewayError } from './errors.ts';
import { keepsSecrets } from './loopback.ts';
import { E164 } from './party.ts';
import type { StartApi } from './start.ts';
import { MAX_SAY } from './steps.ts';

const SORRY = 'Nobody can talk to you right now. Please call again later.';

/** What a voice webhook away from the gateway must know, beside the provider's own variables. */
export interface RemoteSettings {
  readonly startUrl: string;
  readonly publicKey: string;
  readonly startApi: StartApi;
  readonly withBody: boolean;
  /** Null: the default agent, or the one in the URL. */
  readonly agent: string | null;
  /** Called numbers that are answered with a session, E.164. None: all of them. */
  readonly numbers: readonly string[];
  /** What carriers know us by, before the path the runtime sees. Null: what the runtime says. */
  readonly publicUrl: string | null;
  /** A gateway with this carrier's credentials, which takes the callbacks about a call. Null: there are none. */
  readonly callbacksUrl: string | null;
  /** What the caller gets when there is no session. */
  readonly steps: readonly Step[];
}

/** From the variables that `remoteVoiceWebhook` names. Throws ERR_CONFIG_INVALID. */
export function readRemoteSettings(env: Env): RemoteSettings {
  const group = readGroup(env, ['HOOKSWITCH_START_URL', 'HOOKSWITCH_PUBLIC_KEY']);
  const startUrl = readUrl(env, 'HOOKSWITCH_START_URL');
  if (!group || startUrl === null)
    throw invalid('HOOKSWITCH_START_URL and HOOKSWITCH_PUBLIC_KEY must be set');
  const startApi =
    oneOf(env, 'HOOKSWITCH_START_API', ['hookswitch', 'pipecat-cloud']) ?? startApiOf(startUrl);
  return {
    startUrl,
    publicKey: group.HOOKSWITCH_PUBLIC_KEY,
    startApi,
    withBody: oneOf(env, 'HOOKSWITCH_WEBSOCKET_AUTH', ['token', 'none']) !== 'none',
    agent: env['HOOKSWITCH_AGENT'] || null,
    numbers: (env['HOOKSWITCH_NUMBERS'] ?? '')
      .split(',')
      .flatMap((text) => readNumber('HOOKSWITCH_NUMBERS', text)),
    publicUrl: readUrl(env, 'PUBLIC_URL'),
    callbacksUrl: readUrl(env, 'HOOKSWITCH_CALLBACKS_URL'),
    steps: readSteps(env),
  };
}

/** Pipecat Cloud by its host, `api.pipecat.daily.co` or one of a region. */
export function startApiOf(startUrl: string): StartApi {
  return /(?:^|\.)pipecat\.daily\.co$/.test(new URL(startUrl).hostname) ? 'pipecat-cloud' : 'hookswitch';
}

/** In this order: a sentence, a file, a number, another document. */
function readSteps(env: Env): readonly Step[] {
  const text = env['HOOKSWITCH_FALLBACK'];
  const play = readUrl(env, 'HOOKSWITCH_FALLBACK_PLAY', 'with query');
  const numbers = readNumber('HOOKSWITCH_FALLBACK_DIAL', env['HOOKSWITCH_FALLBACK_DIAL'] ?? '');
  const redirect = readUrl(env, 'HOOKSWITCH_FALLBACK_REDIRECT', 'with query');
  if (text && text.length > MAX_SAY)
    throw invalid(`HOOKSWITCH_FALLBACK must be at most ${MAX_SAY} characters`);
  const steps: Step[] = [
    ...(text ? [{ type: 'say', text } as const] : []),
    ...(play === null ? [] : [{ type: 'play', url: play } as const]),
    ...numbers.map((number) => ({ type: 'dial', number }) as const),
    ...(redirect === null ? [] : [{ type: 'redirect', url: redirect, method: 'POST' } as const]),
  ];
  return steps.length > 0 ? steps : [{ type: 'say', text: SORRY }];
}

/** None when the text is empty. */
function readNumber(name: string, text: string): readonly string[] {
  const number = text.trim();
  if (number === '') return [];
  if (E164.test(number)) return [number];
  throw invalid(`${name} must be in E.164: "+", country code, digits`);
}

/** Null when not set. A base has no query, and no slash at its end. */
function readUrl(env: Env, name: string, kind: 'base' | 'with query' = 'base'): string | null {
  const text = env[name];
  if (!text) return null;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !keepsSecrets(url)) throw invalid(`${name} must be an https URL`);
  if (/[#@]/.test(text)) throw invalid(`${name} must have no fragment, no user and no "@"`);
  if (kind === 'with query') return url.href;
  if (text.includes('?')) throw invalid(`${name} must have no query`);
  return url.href.replace(/\/$/, '');
}

function oneOf<Word extends string>(env: Env, name: string, words: readonly Word[]): Word | null {
  const given = env[name];
  if (!given) return null;
  const word = words.find((candidate) => candidate === given);
  if (word === undefined) throw invalid(`${name} must be ${words.map((each) => `"${each}"`).join(' or ')}`);
  return word;
}

function invalid(message: string): GatewayError {
  return new GatewayError('ERR_CONFIG_INVALID', message);
}
