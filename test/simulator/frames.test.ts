import { afterEach, describe, expect, test } from 'vitest';
import { plivo, telnyx, twilio } from '../../providers/index.ts';
import type { ProviderModule } from '../../shared/provider.ts';
import type { StreamCommand, StreamMessage } from '../../shared/stream.ts';
import { placeCall } from '../../simulator/place-call.ts';
import type { CallReport } from '../../simulator/report.ts';
import { facts } from './demo-caller.ts';
import { callOptions, modules, speech, startWebhook, streamDocument } from './scene.ts';
import { startScriptedBot, type Script, type ScriptedBot } from './scripted-bot.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

async function call(
  provider: ProviderModule,
  script: Script,
  source: Parameters<typeof callOptions>[2] = { samples: speech(0.2) },
): Promise<{ bot: ScriptedBot; report: CallReport }> {
  const bot = await startScriptedBot(script);
  const webhook = await startWebhook({ body: streamDocument(provider.name, bot.url) });
  open.push(bot, webhook);
  const report = await placeCall({ ...callOptions(provider, webhook.url, source), linger: 100 });
  await expect.poll(() => bot.closed.length + bot.heard.length).toBeGreaterThan(0);
  return { bot, report };
}

/** What the bot sends for a command: the carriers' streams ids do not matter to the simulator. */
function say({ stream }: ProviderModule, command: StreamCommand): StreamMessage {
  return stream.encodeCommand(command, facts)!;
}

const loud = (ms: number): StreamCommand => ({ type: 'media', audio: new Uint8Array(ms * 8).fill(0x90) });

describe.each(modules)('the frames of $name', (provider) => {
  const { stream } = provider;

  test('come in order, counted without a gap, and end the call', async () => {
    const digits = [{ digit: '7', atMs: 100 }];
    const { bot, report } = await call(provider, {}, { samples: speech(0.2), digits });
    const events = bot.heard.map((text) => stream.decodeEvent(text)!);
    expect(events.slice(0, stream.opening.length).map(({ type }) => type)).toEqual(stream.opening);
    const counts = events.flatMap((event) => ('sequence' in event ? [event.sequence] : []));
    expect(counts).toEqual(counts.map((_, index) => index + 1));
    const media = events.flatMap((event) => (event.type === 'media' ? [event] : []));
    expect(media).toHaveLength(15); // 200 ms of speech, 100 ms of lingering
    expect(media.map(({ chunk }) => chunk)).toEqual(media.map((_, index) => index + 1));
    expect(media.every(({ audio }) => audio.length === 160)).toBe(true);
    const first = media[0]!.timestamp;
    expect(media.map(({ timestamp }) => timestamp - first)).toEqual(media.map((_, index) => index * 20));
    expect(first > 1e12).toBe(stream.clock === 'unix');
    const types = events.map(({ type }) => type);
    expect(types.indexOf('dtmf')).toBe(stream.opening.length + 5);
    expect(types.at(-1)).toBe(provider === plivo ? 'media' : 'stop');
    await expect.poll(() => bot.closed).toEqual([1000]);
    expect(report.closed).toEqual({ by: 'caller', code: 1000, reason: '' });
    expect(report.sent).toEqual({ messages: bot.heard.length, seconds: 0.3 });
  });

  test('have silence where the caller says nothing', async () => {
    const { bot } = await call(provider, {}, { samples: new Int16Array(100).fill(9000) });
    const media = bot.heard.map((text) => stream.decodeEvent(text)!).filter(({ type }) => type === 'media');
    const [first, ...rest] = media.map((event) => ('audio' in event ? [...event.audio] : []));
    expect(first!.slice(100)).toEqual(Array.from({ length: 60 }, () => 0xff));
    expect(rest.flat().every((byte) => byte === 0xff)).toBe(true);
  });

  test('return a mark when the audio before it was played, and at once when nothing waits', async () => {
    const { bot, report } = await call(provider, {
      onText(socket, _, count) {
        if (count !== stream.opening.length + 1) return;
        for (const command of [
          { type: 'mark', name: 'early' } as const,
          loud(100),
          { type: 'mark', name: 'late' } as const,
        ]) {
          socket.send(say(provider, command));
        }
      },
    });
    const events = bot.heard.map((text) => stream.decodeEvent(text)!);
    const frames = (name: string): number =>
      events
        .slice(
          0,
          events.findIndex((event) => event.type === 'mark' && event.name === name),
        )
        .filter(({ type }) => type === 'media').length;
    expect(frames('early')).toBeLessThanOrEqual(2);
    expect(frames('late') - frames('early')).toBeGreaterThanOrEqual(4);
    expect(frames('late') - frames('early')).toBeLessThanOrEqual(5);
    expect(report.verdict).toEqual({ ok: true });
    expect(report.received).toEqual({ messages: 3, seconds: 0.1 });
  });

  test('clear what waits, and deal with its marks as the carrier does', async () => {
    const { bot, report } = await call(provider, {
      onText(socket, _, count) {
        if (count !== stream.opening.length + 1) return;
        for (const command of [loud(60), loud(5000), { type: 'mark', name: 'm' } as const]) {
          socket.send(say(provider, command));
        }
        setTimeout(() => socket.send(say(provider, { type: 'clear' })), 30);
      },
    });
    const types = bot.heard.map((text) => stream.decodeEvent(text)!.type);
    expect(types.filter((type) => type === 'mark' || type === 'cleared')).toEqual([
      provider === plivo ? 'cleared' : 'mark',
    ]);
    expect(report.unheardMs).toBe(0);
    expect(report.timeline.find(({ type }) => type === 'clear')?.text).toMatch(
      provider === plivo ? /dropped "m"/ : /returned "m"/,
    );
  });

  test('go on after a message that the carrier does not understand', async () => {
    const { bot, report } = await call(provider, {
      onText(socket, _, count) {
        if (count !== stream.opening.length + 1) return;
        socket.send(Buffer.from([1, 2, 3]));
        socket.send('no JSON');
        socket.send(String(say(provider, loud(20))).replace(/"payload":"[^"]*"/, '"payload":"***"'));
        socket.send(say(provider, loud(60)));
      },
    });
    expect(report.invalidMessages).toBe(3);
    const binary = report.tape.recording.find((each) => each.frame === 'binary');
    expect(binary).toMatchObject({ direction: 'server_to_provider', base64: 'AQID' });
    expect(report.verdict).toEqual({ ok: true });
    const errors = bot.heard
      .map((text) => stream.decodeEvent(text)!)
      .flatMap((event) => (event.type === 'error' ? [event.code] : []));
    expect(errors).toEqual(provider === telnyx ? ['100003', '100003', '100004'] : []);
    const fault = report.timeline.find(({ type }) => type === 'fault')?.text;
    expect(fault?.includes('31924')).toBe(provider === twilio);
  });
});

test('what a bot says in the packet of its handshake is heard', async () => {
  const { report } = await call(twilio, {
    onOpen: (socket) => socket.send(say(twilio, loud(100))),
  });
  expect(report.received).toEqual({ messages: 1, seconds: 0.1 });
  expect(report.tape.heard.subarray(0, 800).every((sample) => sample > 10_000)).toBe(true);
});

test('the upgrade carries what the carrier sends, and the URL as it was given', async () => {
  const { bot } = await call(twilio, {});
  expect(bot.upgrades[0]?.headers).toMatchObject({
    'x-twilio-signature': expect.stringMatching(/^.{27}=$/),
    'sec-websocket-protocol': 'audio.twilio.com',
  });
  expect(bot.upgrades[0]?.headers).not.toHaveProperty('sec-websocket-extensions');
  expect(bot.upgrades[0]?.url).toBe('/ws/any/token');
});
