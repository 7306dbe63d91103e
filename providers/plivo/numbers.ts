import {
  applicationNumbers,
  type AppNumber,
  type VoiceApplication,
} from '../../shared/application-numbers.ts';
import type { CallControlOptions } from '../../shared/call-control.ts';
import type { Env } from '../../shared/env.ts';
import { isRecord } from '../../shared/fields.ts';
import { MAX_NUMBERS, textIn, type NumberDirectory } from '../../shared/numbers.ts';
import { client, type PlivoClient } from './client.ts';

/** As the application's documentation calls them (docs.plivo.com/docs/account/api/application, read 2026-11-21); the console itself is UNVERIFIED. */
const labels = {
  application: 'Application ID',
  name: 'XML Application',
  voiceUrl: 'Answer URL',
  voiceMethod: 'Answer Method',
  fallbackUrl: 'Fallback Answer URL',
  statusUrl: 'Hangup URL',
} as const;

/** Plivo's largest page. */
const PAGE = 20;

/** Numbers of the account, and the applications they point to. */
export function numbers(env: Env, options: CallControlOptions): NumberDirectory | null {
  const load = client(env, options);
  if (!load) return null;
  return applicationNumbers({
    carrier: 'plivo',
    kind: 'XML application',
    labels,
    numbers: async () => {
      const { numbers: all } = await load();
      return (await everyOne((page) => all.list(page))).map(numberOf);
    },
    async number(number) {
      const { numbers: all } = await load();
      const digits = number.replace('+', '');
      const found = await everyOne((page) => all.list({ ...page, numberStartswith: digits }));
      return found.map(numberOf).find((one) => one.id === digits) ?? null;
    },
    application: async (id) => applicationIn(await everyApplication(await load()), (one) => one.id === id),
    named: async (name) => applicationIn(await everyApplication(await load()), (one) => one.name === name),
    async create(application) {
      const { request } = await load(); // the SDK's own `create` prints what it sends
      const { body } = await request('POST', 'Application/', {
        appName: application.name,
        ...fieldsOf(application),
      });
      return isRecord(body) ? textIn(body, 'appId') : '';
    },
    async update(application) {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the SDK's types require what its text calls optional
      const fields = fieldsOf(application) as Parameters<PlivoClient['applications']['update']>[1];
      await (await load()).applications.update(application.id, fields);
    },
    async assign({ id }, application) {
      await (await load()).numbers.update(id, { appId: application });
    },
  });
}

/** The SDK's own list leaves `hangup_url` out (4.79.0, dist/resources/applications.js, read 2026-11-21). */
function everyApplication({ request }: PlivoClient): Promise<readonly object[]> {
  return everyOne(async (page) => {
    const { body } = await request('GET', 'Application/', page);
    return isRecord(body) ? body['objects'] : [];
  });
}

/** All pages: the SDK hands out one. */
async function everyOne(
  list: (page: { limit: number; offset: number }) => Promise<unknown>,
): Promise<readonly object[]> {
  const all: object[] = [];
  while (all.length < MAX_NUMBERS) {
    const page = await list({ limit: PAGE, offset: all.length });
    const found: unknown[] = Array.isArray(page) ? page : [];
    all.push(...found.filter((one) => typeof one === 'object' && one !== null));
    if (found.length < PAGE) break;
  }
  return all;
}

/** `application` of a number is the path of one: /v1/Account/{auth_id}/Application/{app_id}/. */
function numberOf(found: object): AppNumber {
  const [, application = ''] = /\/Application\/(\d+)\/?$/.exec(textIn(found, 'application')) ?? [];
  const id = textIn(found, 'number');
  return { number: `+${id}`, id, application };
}

function applicationIn(
  all: readonly object[],
  is: (application: VoiceApplication) => boolean,
): VoiceApplication | null {
  return all.map(applicationOf).find(is) ?? null;
}

function applicationOf(found: object): VoiceApplication {
  return {
    id: textIn(found, 'appId'),
    name: textIn(found, 'appName'),
    voiceUrl: textIn(found, 'answerUrl'),
    voiceMethod: textIn(found, 'answerMethod'),
    fallbackUrl: textIn(found, 'fallbackAnswerUrl'),
    statusUrl: textIn(found, 'hangupUrl'),
  };
}

function fieldsOf({ voiceUrl, voiceMethod, fallbackUrl, statusUrl }: Omit<VoiceApplication, 'id'>): object {
  return {
    answerUrl: voiceUrl,
    answerMethod: voiceMethod,
    ...(fallbackUrl === '' ? {} : { fallbackAnswerUrl: fallbackUrl, fallbackMethod: 'POST' }),
    ...(statusUrl === '' ? {} : { hangupUrl: statusUrl, hangupMethod: 'POST' }),
  };
}
