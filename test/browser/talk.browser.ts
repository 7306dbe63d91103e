import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SpeakingBot, Visit } from './bots.ts';
import { findChromium } from './chromium.ts';
import { openScene, type RemoteStage, type Scene } from './scene.ts';
import { ALIKE, botSays, likeness, SENTENCE, STRANGE, visitorSays } from './sound.ts';
import type { Outcome } from './stage.ts';

describe.skipIf(findChromium() === null)('a page with the stock client', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene();
  });
  afterAll(() => scene.close());

  /** The last visit, once the bot has heard the sentence whole, after its own: the microphone says it over and over. */
  async function visitOf(bot: SpeakingBot): Promise<Visit> {
    const seconds = (): number => {
      const visit = bot.visits.at(-1);
      return visit ? visit.heard().length / visit.rate() : 0;
    };
    await expect.poll(seconds, { timeout: 15_000 }).toBeGreaterThan(3.2 * SENTENCE);
    return bot.visits.at(-1)!;
  }

  async function expectTalk(remote: RemoteStage, bot: SpeakingBot): Promise<Visit> {
    const visit = await visitOf(bot);
    const rate = visit.rate();
    const heard = visit.heard().slice(-2.1 * SENTENCE * rate);
    expect(await likeness(visitorSays, heard, rate)).toBeGreaterThan(ALIKE);
    const speaker = await remote.ask('played');
    expect(await likeness(botSays, Int16Array.from(speaker.samples), speaker.rate)).toBeGreaterThan(ALIKE);
    expect([visit.errors, remote.asked]).toEqual([[], []]);
    return visit;
  }

  const ways: [way: string, begin: (remote: RemoteStage) => Promise<Outcome>][] = [
    ['its own /api/start, as the documentation does', (remote) => remote.ask('call', '/api/start')],
    [
      'the /api/start of the gateway, which is another origin',
      (remote) => remote.ask('call', `${scene.gateway.http}/api/start`),
    ],
    [
      'connect(), with an address and a token from its server',
      async (remote) => {
        await remote.ask('create', 'usual');
        const { wsUrl, token } = await scene.gateway.start('page');
        return remote.ask('connect', { wsUrl, token });
      },
    ],
  ];

  test.each(ways)('talks with the bot through %s', async (_, begin) => {
    const remote = await scene.open(scene.site);
    expect(await begin(remote)).toEqual({ error: null, status: null });
    const visit = await expectTalk(remote, scene.bot);
    expect(visit.rate()).toBe(16_000);
    expect(visit.frames).toMatchObject([{ type: 'message', message: { type: 'client-ready' } }]);
    await remote.ask('disconnect');
    expect(await visit.session.closed).toMatchObject({ code: 1005 });
    await remote.page.close();
  });

  test('talks as a phone over /ws/twilio with the Twilio serializer, once it has said what Twilio says first', async () => {
    const remote = await scene.open(scene.site);
    await remote.ask('create', 'twilio');
    const requestData = { agent: 'phone', transport: 'twilio' };
    // It waits for a bot-ready that no phone's bot sends.
    void remote.ask('start', { endpoint: '/api/start', requestData }).catch(() => {});
    const visit = await expectTalk(remote, scene.phoneBot);
    expect(visit.frames).toMatchObject([{ type: 'start', provider: 'twilio' }]);
    expect(await remote.ask('state')).toBe('ready');
    await remote.page.close();
  });

  test('is closed with 1008 on /ws/twilio when it has not', async () => {
    const remote = await scene.open(scene.site);
    await remote.ask('create', 'twilio-ungreeted');
    const requestData = { agent: 'phone', transport: 'twilio' };
    const before = scene.phoneBot.visits.length;
    void remote.ask('start', { endpoint: '/api/start', requestData }).catch(() => {});
    const happened = async (): Promise<string> => (await remote.ask('happened')).join('\n');
    await expect.poll(happened).toContain('websocket connection closed. Code: 1008');
    expect(scene.phoneBot.visits).toHaveLength(before);
    await remote.page.close();
  });

  test('with the default media manager, asks Daily for a script before it asks for the microphone', async () => {
    const remote = await scene.open(scene.site);
    await remote.ask('create', 'bare');
    void remote.ask('start', { endpoint: '/api/start' }).catch(() => {});
    await expect.poll(() => remote.asked).toContain('c.daily.co');
    expect(await remote.ask('state')).toBe('initializing');
    await remote.page.close();
  });
});

describe('what counts as heard', () => {
  const length = 2.1 * visitorSays.length;
  test.each([
    ['silence', new Int16Array(length)],
    ['noise', Int16Array.from({ length }, () => (Math.random() - 0.5) * 20_000)],
    ['a hum', Int16Array.from({ length }, (_, at) => 10_000 * Math.sin(at / 9))],
    ['the sentence of somebody else', Int16Array.from([...botSays, ...botSays])],
    ['the sentence backwards', Int16Array.from([...visitorSays, ...visitorSays]).toReversed()],
  ])('is not %s', async (_, recording) => {
    expect(await likeness(visitorSays, recording, 8000)).toBeLessThan(STRANGE);
  });
});
