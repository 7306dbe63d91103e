import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { MAX_CHANGES, undoFile, type NumberChange } from '../../cli/connect/undo-file.ts';
import { MAX_DIALLED } from '../../cli/doctor/bots.ts';
import { MAX_SKEW, skewed } from '../../cli/doctor/clock.ts';
import { RENEW_DAYS } from '../../cli/doctor/tls.ts';
import { MAX_NUMBERS } from '../../shared/numbers.ts';
import { twilioApi } from '../helpers/carrier-api/index.ts';
import { moduleOf } from '../helpers/carriers.ts';
import { doctorsCase, type DoctorsCase } from './doctor-scene.ts';

let scene: DoctorsCase;
beforeAll(async () => {
  scene = await doctorsCase();
});
afterEach(() => scene.tidy());
afterAll(() => scene.close());

test.each([
  [MAX_SKEW, 'ok'],
  [MAX_SKEW + 1, 'warn'],
  [-MAX_SKEW, 'ok'],
  [-MAX_SKEW - 1, 'warn'],
])('a clock that is %i ms ahead: %s', (skew, status) => {
  expect(skewed('clock', 'its clock', skew, 'set it').status).toBe(status);
});

describe('a certificate is to be renewed', () => {
  const end = Date.UTC(2126, 9, 28, 19, 25, 35); // of test/helpers/tls/voice.pem
  test.each([
    [0, /ok +TLS/],
    [1, /warn +TLS/],
  ])(`${RENEW_DAYS} days before its end, and %i ms later`, async (later, line) => {
    const now = end - RENEW_DAYS * 86_400_000 + later;
    expect((await scene.behind({}, {}, { now: () => now })).out).toMatch(line);
  });
});

test(`${MAX_DIALLED} addresses of a bot are dialled, and it is said how many are not`, async () => {
  const config = scene.configured(
    '[[agents]]\nagent_name = "many"\nwebsocket_auth = "token"\nbots = ["ws://bots.example.com:1/ws"]\npool.discovery = "dns"\n',
  );
  const addresses = Array.from({ length: MAX_DIALLED + 1 }, (_, index) => `127.0.0.${index + 2}`);
  const { out } = await scene.run({ config, bots: true }, { lookupBots: async () => addresses });
  expect(out.match(/^ {2}fail +bots of many\.local +ws:\/\/127/gm)).toHaveLength(MAX_DIALLED);
  expect(out).toMatch(/skip +bots of many\.local +1 more address/);
  const nowhere = await scene.run(
    { config, bots: true },
    { lookupBots: () => Promise.reject(new Error('ENOTFOUND')) },
  );
  expect(nowhere.out).toMatch(/fail +bots of many\.local +bots\.example\.com cannot be looked up: ENOTFOUND/);
});

test(`${MAX_NUMBERS} numbers of an account are looked at`, async () => {
  const env = moduleOf('twilio').inventCredentials();
  const api = await twilioApi(env);
  for (let index = 0; index <= MAX_NUMBERS; index += 1) api.addNumber(`+1555${1_000_000 + index}`);
  const directory = moduleOf('twilio').numbers?.({ ...env, TWILIO_API_URL: api.origin }, { fetch });
  expect(await directory?.list()).toHaveLength(MAX_NUMBERS);
  await api.close();
});

describe('what undoes changes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hookswitch-undo-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const change = (number: string): NumberChange => ({
    carrier: 'twilio',
    number,
    at: '',
    before: {},
    wrote: {},
  });

  test(`keeps ${MAX_CHANGES} of them`, () => {
    const file = undoFile({ HOOKSWITCH_STATE: join(folder, 'kept.json') });
    for (let index = 0; index <= MAX_CHANGES; index += 1) file.add(change(`+${index}`));
    expect(file.last('twilio', '+0')).toBeNull();
    expect(file.last('twilio', '+1')).not.toBeNull();
    expect(file.last('plivo', '+1')).toBeNull();
    file.replaceLast(change('+1'), null);
    expect(file.last('twilio', '+1')).toBeNull();
  });

  test.each(['{', '[]', '{"version":2,"changes":[]}'])('says so when its file is damaged: %s', (text) => {
    const env = { HOOKSWITCH_STATE: join(folder, 'damaged.json') };
    writeFileSync(undoFile(env).path, text);
    expect(() => undoFile(env).last('twilio', '+1')).toThrow(
      /damaged\.numbers\.json is damaged: move it away/,
    );
  });
});
