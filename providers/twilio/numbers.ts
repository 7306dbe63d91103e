import type { IncomingPhoneNumberInstance } from 'twilio/lib/rest/api/v2010/account/incomingPhoneNumber.js';
import type { CallControlOptions } from '../../shared/call-control.ts';
import type { Env } from '../../shared/env.ts';
import {
  differing,
  MAX_NUMBERS,
  methodIn,
  textIn,
  type NumberDirectory,
  type NumberPlan,
  type NumberRoute,
  type NumberSettings,
  type NumberWish,
} from '../../shared/numbers.ts';
import { client } from './client.ts';

/** As set-up guides quote the console's page of a number; the page itself needs an account and is UNVERIFIED. */
const labels = {
  voiceUrl: 'A call comes in: URL',
  voiceMethod: 'A call comes in: HTTP',
  voiceFallbackUrl: 'Primary handler fails: URL',
  statusCallback: 'Call status changes: URL',
  statusCallbackMethod: 'Call status changes: HTTP',
  voiceApplicationSid: 'TwiML App',
  trunkSid: 'SIP Trunk',
  voiceReceiveMode: 'Accept incoming',
} as const;

/**
 * Numbers of the account. A number with a TwiML App or a SIP trunk does not ask its own URL: it is taken off them.
 * UNVERIFIED without an account: that an empty SID does so. Whoever writes reads again, and sees whether it did.
 *
 * @see https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource (read 2026-11-21)
 */
export function numbers(env: Env, options: CallControlOptions): NumberDirectory | null {
  const load = client(env, options);
  if (!load) return null;
  return {
    labels,
    async list() {
      const found = await (await load()).incomingPhoneNumbers.list({ limit: MAX_NUMBERS });
      return found.map(routeOf);
    },
    async find(number) {
      const found = await (await load()).incomingPhoneNumbers.list({ phoneNumber: number, limit: 20 });
      const [exact] = found.filter(({ phoneNumber }) => phoneNumber === number);
      return exact ? routeOf(exact) : null;
    },
    plan: async (route, wish) => plan(route, wish),
    async write(route, settings) {
      const changed = differing(route.settings, settings).map((name) => [name, settings[name] ?? '']);
      const given = changed.filter(([name, value]) => value !== '' || !/Method$|Mode$/.test(name ?? ''));
      await (await load()).incomingPhoneNumbers(route.id).update(Object.fromEntries(given));
    },
  };
}

function routeOf(found: IncomingPhoneNumberInstance): NumberRoute {
  const settings = Object.fromEntries(Object.keys(labels).map((name) => [name, textIn(found, name)]));
  const via = viaOf(settings);
  const { voiceUrl = '', voiceMethod = '' } = settings;
  const isAsked = voiceUrl !== '' && via === null;
  return {
    number: found.phoneNumber,
    id: found.sid,
    settings,
    voice: isAsked ? { url: voiceUrl, method: methodIn(voiceMethod) } : null,
    via,
  };
}

function viaOf({ trunkSid, voiceApplicationSid, voiceReceiveMode }: NumberSettings): string | null {
  if (trunkSid) return `the SIP trunk ${trunkSid}`;
  if (voiceApplicationSid) return `the TwiML App ${voiceApplicationSid}`;
  return voiceReceiveMode === 'fax' ? 'fax reception' : null;
}

function plan({ settings, via }: NumberRoute, wish: NumberWish): NumberPlan {
  const { voiceUrl, fallbackUrl, statusUrl } = wish;
  const wanted = {
    ...settings,
    voiceUrl,
    voiceMethod: 'POST',
    ...(fallbackUrl === null ? {} : { voiceFallbackUrl: fallbackUrl }),
    ...(statusUrl === null ? {} : { statusCallback: statusUrl, statusCallbackMethod: 'POST' }),
    voiceApplicationSid: '',
    trunkSid: '',
    voiceReceiveMode: settings['voiceReceiveMode'] === 'fax' ? 'voice' : (settings['voiceReceiveMode'] ?? ''),
  };
  return {
    settings: wanted,
    notes: via === null ? [] : [`the number is taken off ${via}, which stays as it is`],
  };
}
