import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { toSamples } from '../../shared/audio.ts';
import { placeCall, shippedSource, type CallReport } from '../../simulator/index.ts';
import { toAudio, ProtobufFrameSerializer, WebsocketClientTransport } from '../../transports/index.ts';
import { moduleOf } from '../helpers/carriers.ts';
import { testGateway, type TestGateway } from '../helpers/gateway.ts';
import { startWebhook, streamDocument } from '../simulator/scene.ts';
import { startPipecatBot, type BotHost, type Heard, type PipecatBot, type Start } from './pipecat-bot.ts';
import { every, shareHeard, sweep } from './sounds.ts';

const FROM = '+15557350001';
const TO = '+15557350000';
/** Samples at 8 kHz: three seconds of a sentence. */
const SAID = 24_000;
/** Milliseconds: then the caller asks to hear it again, and listens. */
const ASKED_AT = SAID / 8 + 100;
const LISTENS = 4000;
/** Of what Pipecat says: it begins late, and a carrier who has nothing to play plays silence. */
const SHARE = 0.6;

/** As what Pipecat (1.14.0) recognises the stream of a carrier. It knows neither Vonage's nor Jambonz's. */
const recognised = {
  plivo: 'plivo',
  signalwire: 'twilio',
  telnyx: 'telnyx',
  twilio: 'twilio',
  vobiz: 'plivo',
};

const hosts: readonly (readonly [string, BotHost])[] = [
  ['Pipecat’s development runner', 'runner'],
  ['a pipecat-base image', 'base'],
];

describe.each(hosts)('a Pipecat bot under %s', (_, host) => {
  let bot: PipecatBot;
  let gateway: TestGateway;

  beforeAll(async () => {
    bot = await startPipecatBot(host);
    const agents = { support: `${bot.url}/ws`, client: `${bot.url}/ws-client` };
    gateway = await testGateway({ agents });
  });
  afterAll(async () => {
    await gateway?.close();
    await bot?.close();
  });

  /** One at a time: what the bot tells is about this one. */
  async function call(
    name: string,
    url: string,
    said: Int16Array,
    linger: number,
  ): Promise<{ report: CallReport; start: Start; heard: Heard | undefined }> {
    const since = bot.told.length;
    const report = await placeCall({
      provider: moduleOf(name),
      env: gateway.carriers,
      webhook: { url, method: 'POST' },
      from: FROM,
      to: TO,
      source: { samples: said, digits: said.length > 0 ? [{ digit: '#', atMs: ASKED_AT }] : [] },
      linger,
    });
    await vi.waitFor(() => expect(bot.told.at(-1)?.event).toBe('over'), 10_000);
    const told = bot.told.slice(since);
    const start = told.find((each) => each.event === 'start');
    if (!start) throw new Error('the bot was not called');
    return { report, start, heard: told.find((each) => each.event === 'heard') };
  }

  describe.each(Object.entries(recognised))('called over %s', (name, transport) => {
    let said: Int16Array;
    let made: Awaited<ReturnType<typeof call>>;

    beforeAll(async () => {
      const { samples } = await shippedSource(moduleOf(name));
      said = samples.slice(0, SAID).fill(0, SAID - 4000); // Pipecat keeps the last fraction of a chunk to itself
      made = await call(name, `${gateway.http}/webhooks/${name}/support`, said, LISTENS);
    });

    test('is greeted, hears the caller, takes the digit, and is heard, each as it was sent', () => {
      const { report, heard } = made;
      expect(report.verdict).toEqual({ ok: true });
      expect(heard?.button).toBe('#');
      const ear = toSamples(Buffer.from(heard?.audio ?? '', 'base64'), 'l16');
      expect(shareHeard(said, every(heard!.rate / 8000, ear))).toBeGreaterThan(0.9);
      const { tape } = report;
      expect(shareHeard(sweep(8000), tape.heard)).toBeGreaterThan(SHARE);
      expect(shareHeard(said, tape.heard.subarray(ASKED_AT * 8))).toBeGreaterThan(SHARE);
      // It would have been noticed if it were not so.
      expect(shareHeard(sweep(8000).toReversed(), tape.heard.subarray(0, 24_000))).toBeLessThan(0.2);
    });

    test('learns which session it is, and who calls whom', () => {
      const { start, report } = made;
      const known = { call: { provider: name, id: report.callId, from: FROM, to: TO, direction: 'inbound' } };
      expect(start.transport).toBe(transport);
      expect(start.fetched).toEqual(known);
      expect(JSON.parse(Buffer.from(start.query ?? '', 'base64').toString())).toEqual(known);
      expect(start.headers).toMatchObject({
        'x-call-from': encodeURIComponent(FROM),
        'x-call-to': encodeURIComponent(TO),
      });
      // Pipecat finds no numbers in Plivo's messages, because there are none.
      expect(start.call).toMatchObject(
        transport === 'plivo' ? { from: null, to: null } : { from: FROM, to: TO },
      );
      // The development runner (1.14.0) looks at neither the query nor the header.
      const isTaken = host === 'base';
      expect(start.body).toEqual(isTaken ? known : null);
      expect(start.session === start.headers['x-daily-session-id']).toBe(isTaken);
    });
  });

  test('gets a body over 4,096 bytes through examples/python/session_body.py', async () => {
    const body = { words: 'Grüße, 世界 🦊 '.repeat(500), nested: [{ is: null }, 1.5, true] };
    expect(Buffer.byteLength(JSON.stringify(body))).toBeGreaterThan(4096);
    const started = await gateway.start('support', { transport: 'twilio', body });
    const document = streamDocument('twilio', `${started.wsUrl}/${started.token}`);
    const webhook = await startWebhook({ body: document });
    const { start } = await call('twilio', webhook.url, new Int16Array(0), 1000);
    await webhook.close();
    expect(start.fetched).toEqual(body);
    expect(start.query).toBe(null);
    expect(start.headers['x-daily-session-id']).toBe(started.sessionId);
  });

  test.runIf(host === 'runner')('speaks Protobuf with a client at /ws-client', async () => {
    const { wsUrl, token } = await gateway.start('client', { body: { mood: 'cheerful' } });
    const spoken = sweep(24_000).toReversed();
    const got: Buffer[] = [];
    const heard = (): Int16Array => toSamples(Buffer.concat(got), 'l16');
    const client = new WebsocketClientTransport({
      uri: `${wsUrl}/${token}`,
      params: { serializer: new ProtobufFrameSerializer(), addWavHeader: false },
      async onConnected(session) {
        const audio = toAudio(spoken, 'l16');
        await session.send({ type: 'audio', audio, sampleRate: 24_000, numChannels: 1 });
        for await (const frame of session.frames) {
          if (frame.type === 'audio') got.push(Buffer.from(frame.audio));
          // Words overtake audio in Pipecat's input: it is asked when the greeting is over.
          if (heard().length === 24_000) await session.send({ type: 'text', text: 'play' });
        }
      },
    });
    await client.connect();
    // Both are one second long.
    await expect.poll(() => heard().length, { timeout: 20_000 }).toBeGreaterThanOrEqual(48_000);
    await client.disconnect();
    for (const sound of [sweep(24_000), spoken]) expect(shareHeard(sound, heard())).toBe(1);
    const start = bot.told.findLast((each) => each.event === 'start');
    expect(start).toMatchObject({ transport: 'websocket', fetched: { mood: 'cheerful' } });
  });
});
