import { afterEach, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { once } from 'node:events';
import { jambonz, vonage } from '../../providers/index.ts';
import type { ProviderModule } from '../../shared/provider.ts';
import type { StreamFacts, StreamMessage } from '../../shared/stream.ts';
import { placeCall } from '../../simulator/place-call.ts';
import { readRecordedSource } from '../../simulator/recorded-source.ts';
import { writeRecording } from '../../simulator/recording.ts';
import type { CallReport } from '../../simulator/report.ts';
import { callOptions, speech, startWebhook } from './scene.ts';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

const facts: StreamFacts = {
  streamId: '',
  callId: '',
  accountId: '',
  from: null,
  to: null,
  parameters: {},
  format: { encoding: 'l16', sampleRate: 8000 },
};
const loud = new Uint8Array(320).fill(0x30);

/** A call to a bot that says `answers` after the first message, and keeps what it hears. */
async function call(
  provider: ProviderModule,
  answers: readonly StreamMessage[],
): Promise<{ report: CallReport; heard: StreamMessage[] }> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  const heard: StreamMessage[] = [];
  server.on('connection', (socket) => {
    socket.on('message', (data: Buffer, isBinary) => {
      heard.push(isBinary ? Uint8Array.from(data) : data.toString());
      if (heard.length === 1) for (const answer of answers) socket.send(answer);
    });
  });
  const { port } = server.address() as { port: number };
  const document = provider.configure(provider.inventCredentials())?.connect({
    url: `ws://127.0.0.1:${port}/`,
    call: { id: 'x', from: '', to: '', direction: 'inbound' },
    afterUrl: null,
  });
  const webhook = await startWebhook({ type: 'application/json', body: document?.body ?? '' });
  open.push(server, webhook);
  const report = await placeCall({
    ...callOptions(provider, webhook.url, { samples: speech(0.2) }),
    linger: 100,
  });
  return { report, heard };
}

test.each([vonage, jambonz])('$name sends 20 ms of audio in each binary message', async (provider) => {
  const { report, heard } = await call(provider, [loud]);
  const [first, ...rest] = heard;
  expect(typeof first).toBe('string');
  expect(rest.map((message) => message.length)).toEqual(rest.map(() => 320));
  expect(rest).toHaveLength(15); // 200 ms of speech, 100 ms of lingering
  expect(report.verdict).toEqual({ ok: true });
});

test.each([
  [vonage, new Uint8Array(160), '320 bytes at 8 kHz'],
  [vonage, 'no JSON', 'not JSON'],
  [vonage, '{"event":"media"}', 'action'],
  [jambonz, new Uint8Array(3), 'an even number of bytes'],
  [jambonz, '{"type":"dance"}', 'killAudio'],
] as const)('$0.name says what is wrong with a message, and goes on', async (provider, message, why) => {
  const { report } = await call(provider, [message, loud]);
  expect(report.invalidMessages).toBe(1);
  expect(report.timeline.find(({ type }) => type === 'fault')?.text).toContain(why);
  expect(report.verdict).toEqual({ ok: true });
});

test.each([vonage, jambonz])('$name can be played again from what was recorded of it', async (provider) => {
  const mark = provider.stream.encodeCommand({ type: 'mark', name: 'm' }, facts) ?? '';
  const { report } = await call(provider, [loud, mark]);
  const text = writeRecording(report.tape.recording);
  const { samples } = readRecordedSource(text, provider.stream);
  expect(samples.slice(0, 1600)).toEqual(report.tape.said.slice(0, 1600));
  expect(text).toContain('"frame":"binary"');
});

test('a document that is JSON is read as JSON, strictly', async () => {
  for (const [body, why] of [
    ['{"action":"talk"}', 'not an array'],
    ['[{"action":"talk","text":"Hi","volume":1}]', '"volume" is not known there'],
    ['[{"action":"talk"}]', 'text is not a string'],
    ['[', 'not well-formed JSON'],
    [`${'['.repeat(20)}${']'.repeat(20)}`, 'nested too deep'],
  ] as const) {
    const webhook = await startWebhook({ type: 'application/json; charset=utf-8', body });
    open.push(webhook);
    const { verdict } = await placeCall(callOptions(vonage, webhook.url, {}));
    expect(verdict).toMatchObject({ ok: false, reason: expect.stringContaining(why) as unknown });
  }
});
