import {
  applicationNumbers,
  type AppNumber,
  type VoiceApplication,
} from '../../shared/application-numbers.ts';
import type { CallControlOptions } from '../../shared/call-control.ts';
import type { Env } from '../../shared/env.ts';
import { MAX_NUMBERS, textIn, type NumberDirectory } from '../../shared/numbers.ts';
import { client } from './client.ts';

/** In the words of Telnyx's documentation of TeXML applications; the portal's page itself needs an account and is UNVERIFIED. */
const labels = {
  application: 'Connection ID',
  name: 'TeXML Application',
  voiceUrl: 'Webhook URL',
  voiceMethod: 'Webhook method',
  fallbackUrl: 'Webhook failover URL',
  statusUrl: 'Status callback URL',
} as const;

/** Telnyx's largest page. */
const PAGE = 250;

/** Numbers of the account, and the TeXML applications they point to. Other connections are seen, and never changed. */
export function numbers(env: Env, options: CallControlOptions): NumberDirectory | null {
  const load = client(env, options);
  if (!load) return null;
  const applications = async (): Promise<readonly VoiceApplication[]> =>
    (await upTo(MAX_NUMBERS, (await load()).texmlApplications.list({ 'page[size]': PAGE }))).map(
      applicationOf,
    );
  return applicationNumbers({
    carrier: 'telnyx',
    kind: 'TeXML application',
    labels,
    numbers: async () =>
      (await upTo(MAX_NUMBERS, (await load()).phoneNumbers.list({ 'page[size]': PAGE }))).map(numberOf),
    async number(number) {
      const found = await upTo(PAGE, (await load()).phoneNumbers.list({ filter: { phone_number: number } }));
      return found.map(numberOf).find((one) => one.number === number) ?? null;
    },
    application: async (id) => (await applications()).find((one) => one.id === id) ?? null,
    named: async (name) => (await applications()).find((one) => one.name === name) ?? null,
    async create(application) {
      const { data } = await (await load()).texmlApplications.create(fieldsOf(application));
      return textIn(data ?? {}, 'id');
    },
    async update(application) {
      await (await load()).texmlApplications.update(application.id, fieldsOf(application));
    },
    async assign({ id }, application) {
      await (await load()).phoneNumbers.update(id, { connection_id: application });
    },
  });
}

async function upTo<T>(max: number, all: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of all) {
    if (found.push(one) >= max) break;
  }
  return found;
}

function numberOf(found: object): AppNumber {
  return {
    number: textIn(found, 'phone_number'),
    id: textIn(found, 'id'),
    application: textIn(found, 'connection_id'),
  };
}

function applicationOf(found: object): VoiceApplication {
  return {
    id: textIn(found, 'id'),
    name: textIn(found, 'friendly_name'),
    voiceUrl: textIn(found, 'voice_url'),
    voiceMethod: textIn(found, 'voice_method'),
    fallbackUrl: textIn(found, 'voice_fallback_url'),
    statusUrl: textIn(found, 'status_callback'),
  };
}

function fieldsOf({ name, voiceUrl, voiceMethod, fallbackUrl, statusUrl }: Omit<VoiceApplication, 'id'>): {
  friendly_name: string;
  voice_url: string;
  voice_method: 'get' | 'post';
  voice_fallback_url?: string;
  status_callback?: string;
  status_callback_method?: 'post';
} {
  return {
    friendly_name: name,
    voice_url: voiceUrl,
    voice_method: voiceMethod === 'GET' ? 'get' : 'post',
    ...(fallbackUrl === '' ? {} : { voice_fallback_url: fallbackUrl }),
    ...(statusUrl === '' ? {} : { status_callback: statusUrl, status_callback_method: 'post' }),
  };
}
