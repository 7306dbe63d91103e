import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { doctorsCase, NUMBER, type DoctorsCase } from './doctor-scene.ts';

let scene: DoctorsCase;
beforeAll(async () => {
  scene = await doctorsCase();
});
afterEach(() => scene.tidy());
afterAll(() => scene.close());

describe('the last lines', () => {
  test.each<[string, Record<string, string> | null, RegExp]>([
    [
      'elsewhere',
      { voice_url: 'https://old.example.com/?k=hidden' },
      /it asks https:\/\/old\.example\.com\/\?k=\*\*\*, not https.*: hookswitch connect twilio --number \+15557772001 --apply$/,
    ],
    ['nowhere', {}, /it points nowhere: hookswitch connect/],
    ['to a trunk', { trunk_sid: `TK${'a'.repeat(32)}` }, /the SIP trunk TKa+ handles it: hookswitch connect/],
    ['and is not there', null, /no account here has it/],
  ])('say what to do about a number that points %s', async (_, settings, todo) => {
    if (settings) scene.api.addNumber(NUMBER, settings);
    const { code, out } = await scene.behind({});
    const last = out.split('\n').at(-2) ?? '';
    expect([code, last]).toEqual([1, expect.stringMatching(todo)]);
    expect(last).toMatch(/^\+15557772001 \((twilio|no carrier) → support\.local\): not ready: /);
  });

  test('name numbers that point here although no agent lists them', async () => {
    const url = await scene.proxied();
    scene.api.addNumber('+15557772009', { voice_url: `${url}/webhooks/twilio` });
    expect((await scene.run({ url })).out).toMatch(/^\+15557772009 \(twilio → support\.local\): ready$/m);
  });

  test('do not pretend to know what the carrier did not say', async () => {
    scene.api.intercept = () => ({ status: 500, body: { code: 20500, message: 'down' } });
    const { code, out } = await scene.behind({});
    expect(code).toBe(1);
    expect(out).toMatch(
      /fail +numbers of twilio +twilio answers error 20500[^\n]*\n +→ check TWILIO_ACCOUNT_SID/,
    );
    expect(out).toMatch(/not ready: nobody could be asked/);
  });

  test('wait for a bot that is not there', async () => {
    const file = scene.configured(
      `[[agents]]\nagent_name = "support"\nwebsocket_auth = "token"\nbots = ["ws://127.0.0.1:1/ws"]\nnumbers = ["${NUMBER}"]\n`,
    );
    const url = await scene.proxied();
    scene.api.addNumber(NUMBER, { voice_url: `${url}/webhooks/twilio/support` });
    const { out } = await scene.run({ url, config: file, bots: true });
    expect(out).toMatch(/: not ready: first see to bots of support\.local, above\n$/);
  });
});
