import { GatewayError } from '../shared/errors.ts';
import { isParty } from '../shared/party.ts';
import type { Digit } from '../simulator/index.ts';

/** Options of `hookswitch call` as commander hands them over. */
export interface CallFlags {
  readonly audio?: string;
  readonly recording?: string;
  readonly dtmf?: string;
  readonly from: string;
  readonly to: string;
  readonly webhook?: string;
  readonly stream?: string;
  readonly status?: string;
  readonly method: string;
  readonly speed: string;
  readonly linger: string;
  readonly out?: string;
  readonly json?: boolean;
}

/** The same, checked. */
export interface CallPlan {
  readonly audio: string | null;
  readonly recording: string | null;
  readonly digits: readonly Digit[];
  readonly from: string;
  readonly to: string;
  readonly webhook: { readonly url: string; readonly method: 'GET' | 'POST' };
  /** Told how the call ended; null is nobody. */
  readonly status: { readonly url: string; readonly method: 'POST' } | null;
  readonly speed: number | 'max';
  /** Milliseconds. */
  readonly linger: number;
}

/** Seconds: the longest silence at the end, and the latest digit. */
const LONGEST = 3600;

/**
 * `stream`: where a carrier without a webhook opens its stream when nobody says where; null for the others. Throws
 * ERR_REQUEST_INVALID with a sentence about the first mistake.
 */
export function readPlan(provider: string, flags: CallFlags, stream: string | null): CallPlan {
  const { audio = null, recording = null } = flags;
  if (audio !== null && recording !== null) {
    throw mistake('--audio and --recording exclude each other: give one of them');
  }
  const address = readAddress(provider, flags, stream);
  return {
    audio,
    recording,
    digits: readDigits(flags.dtmf ?? ''),
    from: readParty('--from', flags.from),
    to: readParty('--to', flags.to),
    webhook: { url: address, method: readMethod(flags.method) },
    status: readStatus(provider, flags.status, address),
    speed: readSpeed(flags.speed),
    linger: readLinger(flags.linger),
  };
}

function mistake(sentence: string): GatewayError {
  return new GatewayError('ERR_REQUEST_INVALID', sentence);
}

function readParty(option: string, text: string): string {
  if (isParty(text)) return text;
  throw mistake(`${option} takes a number like +15551230001, or a SIP URI: not "${text}"`);
}

function readAddress(provider: string, { webhook, stream }: CallFlags, ownStream: string | null): string {
  if (ownStream === null) {
    if (stream !== undefined)
      throw mistake(`--stream is for carriers without a webhook: give ${provider} --webhook`);
    return readUrl(webhook ?? `http://127.0.0.1:7860/webhooks/${provider}`);
  }
  if (webhook !== undefined) throw mistake(`${provider} has no webhook: give it --stream`);
  const url = stream ?? ownStream;
  if (URL.canParse(url) && /^wss?:$/.test(new URL(url).protocol)) return url;
  throw mistake('--stream takes a ws or wss URL'); // not shown: it holds a secret
}

/** Beside the webhook where that is one of a gateway of ours. */
function readStatus(provider: string, status: string | undefined, webhook: string): CallPlan['status'] {
  const beside = /^https?:/.test(webhook) && new URL(webhook).pathname.startsWith(`/webhooks/${provider}`);
  const url = status ?? (beside ? `${new URL(webhook).origin}/webhooks/${provider}/status` : 'none');
  return url === 'none' ? null : { url: readUrl(url, '--status'), method: 'POST' };
}

function readUrl(text: string, option = '--webhook'): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw mistake(`${option} takes an http or https URL: not "${text}"`);
}

function readMethod(text: string): 'GET' | 'POST' {
  if (text === 'GET' || text === 'POST') return text;
  throw mistake(`--method takes GET or POST: not "${text}"`);
}

function readSpeed(text: string): number | 'max' {
  const speed = text === 'max' ? text : readNumber(text, 0.1, 100);
  if (speed !== null) return speed;
  throw mistake(`--speed takes a number from 0.1 to 100, or max: not "${text}"`);
}

function readLinger(text: string): number {
  const linger = readNumber(text, 0, LONGEST);
  if (linger !== null) return linger * 1000;
  throw mistake(`--linger takes seconds from 0 to ${LONGEST}: not "${text}"`);
}

function readDigits(text: string): readonly Digit[] {
  if (text.trim() === '') return [];
  return text.split(',').map((part) => {
    const [, digit = '', seconds = ''] = /^([0-9A-D*#])@([0-9.]+)$/.exec(part.trim()) ?? [];
    const at = readNumber(seconds, 0, LONGEST);
    if (at !== null) return { digit, atMs: at * 1000 };
    throw mistake(`--dtmf takes keys and seconds, like "5@2.0,#@4.5": not "${text}"`);
  });
}

function readNumber(text: string, min: number, max: number): number | null {
  const value = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  return value >= min && value <= max ? value : null;
}
