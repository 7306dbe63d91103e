import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Env } from '../../shared/env.ts';
import { differing, type NumberDirectory, type NumberRoute, type NumberWish } from '../../shared/numbers.ts';
import { moduleOf } from '../helpers/carriers.ts';
import {
  plivoApi,
  telnyxApi,
  twilioApi,
  type ApiServer,
  type PlivoApi,
  type TelnyxApi,
  type TwilioApi,
} from '../helpers/carrier-api/index.ts';

const NUMBER = '+15557770001';
const wish: NumberWish = {
  voiceUrl: 'https://voice.example.com/webhooks/x/support',
  fallbackUrl: null,
  statusUrl: 'https://voice.example.com/webhooks/x/status',
  name: 'support',
};

function directoryOf(name: string, env: Env): NumberDirectory {
  const directory = moduleOf(name).numbers?.(env, { fetch });
  if (!directory) throw new Error(`${name} has no numbers`);
  return directory;
}

async function found(directory: NumberDirectory): Promise<NumberRoute> {
  const route = await directory.find(NUMBER);
  if (!route) throw new Error('no such number');
  return route;
}

/** No request was other than the carrier wants it. */
async function closeFaultless(api: ApiServer): Promise<void> {
  await api.close();
  if (api.faults.length > 0) throw new Error(api.faults.join('\n'));
}

/** Connects the number and returns what it was and what it became. */
async function connected(
  directory: NumberDirectory,
): Promise<{ before: NumberRoute; after: NumberRoute; notes: readonly string[] }> {
  const before = await found(directory);
  const { settings, notes } = await directory.plan(before, wish);
  await directory.write(before, settings);
  const after = await found(directory);
  expect(differing(after.settings, settings)).toEqual([]);
  expect(after.voice).toEqual({ url: wish.voiceUrl, method: 'POST' });
  return { before, after, notes };
}

describe('twilio', () => {
  let api: TwilioApi;
  let directory: NumberDirectory;

  beforeEach(async () => {
    const env = moduleOf('twilio').inventCredentials();
    api = await twilioApi(env);
    directory = directoryOf('twilio', { ...env, TWILIO_API_URL: api.origin });
  });
  afterEach(() => closeFaultless(api));

  test('a webhook of before is replaced, and comes back', async () => {
    const old = {
      voice_url: 'https://old.example.com/voice',
      voice_method: 'GET',
      voice_fallback_url: 'https://old.example.com/f',
    };
    const sid = api.addNumber(NUMBER, old);
    const { before, after } = await connected(directory);
    expect(before.voice).toEqual({ url: old.voice_url, method: 'GET' });
    expect(after.settings['voiceFallbackUrl']).toBe(old.voice_fallback_url);
    await directory.write(after, before.settings);
    expect(api.numbers.get(sid)).toMatchObject(old);
    expect((await found(directory)).settings).toEqual(before.settings);
  });

  test.each([
    ['a TwiML App', { voice_application_sid: `AP${'a'.repeat(32)}` }, /taken off the TwiML App AP/],
    ['a SIP trunk', { trunk_sid: `TK${'b'.repeat(32)}` }, /taken off the SIP trunk TK/],
    ['fax reception', { voice_receive_mode: 'fax' }, /taken off fax reception/],
  ])('a number behind %s asks nobody until it is taken off it', async (_, settings, note) => {
    const sid = api.addNumber(NUMBER, { voice_url: 'https://ignored.example.com', ...settings });
    expect((await found(directory)).voice).toBeNull();
    const { before, after, notes } = await connected(directory);
    expect(notes).toEqual([expect.stringMatching(note)]);
    await directory.write(after, before.settings);
    expect(api.numbers.get(sid)).toMatchObject(settings);
  });

  test('every page of numbers is read, and a number is found by its whole self', async () => {
    for (let index = 0; index < 60; index += 1) api.addNumber(`+1555777${1000 + index}`);
    expect(await directory.list()).toHaveLength(60);
    expect(await directory.find('+1555777100')).toBeNull();
    expect((await directory.find('+15557771059'))?.number).toBe('+15557771059');
  });

  test('only what differs is written', async () => {
    api.addNumber(NUMBER, { status_callback: wish.statusUrl, status_callback_method: 'POST' });
    await connected(directory);
    expect(api.requests.findLast(({ operation }) => operation.startsWith('POST'))?.body).toEqual({
      VoiceUrl: wish.voiceUrl,
    });
  });
});

describe.each(['plivo', 'telnyx'])('%s', (name) => {
  let api: PlivoApi | TelnyxApi;
  let directory: NumberDirectory;
  /** An application in the carrier's own words. */
  let addApplication: (title: string, url: string, status?: string) => string;
  let pointTo: (application: string | null) => void;
  const urlOf = (id: string): unknown =>
    api.applications.get(id)?.[name === 'plivo' ? 'answer_url' : 'voice_url'];

  beforeEach(async () => {
    const env = moduleOf(name).inventCredentials();
    if (name === 'plivo') {
      const plivo = await plivoApi(env);
      api = plivo;
      addApplication = (app_name, answer_url, hangup_url = '') =>
        plivo.addApplication({ app_name, answer_url, hangup_url });
      pointTo = (application) => plivo.addNumber(NUMBER, application);
    } else {
      const telnyx = await telnyxApi(env);
      api = telnyx;
      addApplication = (friendly_name, voice_url, status_callback = '') =>
        telnyx.addApplication({ friendly_name, voice_url, status_callback });
      pointTo = (application) => void telnyx.addNumber(NUMBER, { connection_id: application });
    }
    const base = name === 'plivo' ? api.origin : `${api.origin}/v2`;
    directory = directoryOf(name, { ...env, [`${name.toUpperCase()}_API_URL`]: base });
  });
  afterEach(() => closeFaultless(api));

  test("somebody else's application stays as it is: the number gets one of ours, and goes back", async () => {
    const old = addApplication('sales', 'https://old.example.com/voice');
    pointTo(old);
    const { before, after, notes } = await connected(directory);
    expect(notes.join()).toMatch(/hookswitch-support.*sales.*stays/);
    expect(after.settings).toMatchObject({ name: 'hookswitch-support', statusUrl: wish.statusUrl });
    expect([api.applications.size, urlOf(old)]).toEqual([2, 'https://old.example.com/voice']);
    await directory.write(after, before.settings);
    expect((await found(directory)).settings).toEqual(before.settings);
  });

  test('our application of before is found by its name, changed, and changed back', async () => {
    const ours = addApplication('hookswitch-support', 'https://old.example.com/webhooks/x/support');
    pointTo(ours);
    const { before, after, notes } = await connected(directory);
    expect(notes).toEqual([expect.stringMatching(/hookswitch-support is changed for all its numbers/)]);
    expect([api.applications.size, urlOf(ours)]).toEqual([1, wish.voiceUrl]);
    await directory.write(after, before.settings);
    expect(urlOf(ours)).toBe('https://old.example.com/webhooks/x/support');
  });

  test('an application that asks us already is left alone, whatever its name', async () => {
    pointTo(addApplication('mine', wish.voiceUrl, wish.statusUrl ?? ''));
    const route = await found(directory);
    expect((await directory.plan(route, wish)).settings).toEqual(route.settings);
  });

  test('a number without an application is connected, and cannot be undone', async () => {
    pointTo(null);
    const { before, after } = await connected(directory);
    expect(before.voice).toBeNull();
    await expect(directory.write(after, before.settings)).rejects.toThrow(/had no application before/);
  });

  test('all numbers are listed, each with the URL it asks', async () => {
    pointTo(addApplication('sales', 'https://old.example.com/voice'));
    expect((await directory.list()).map(({ number, voice }) => [number, voice?.url])).toEqual([
      [NUMBER, 'https://old.example.com/voice'],
    ]);
  });
});
