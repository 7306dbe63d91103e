// Joins callers to a speech model behind a WebSocket that speaks OpenAI's Realtime protocol, and shows a serializer of one's own.
// OPENAI_API_KEY=sk-… npm run example realtime-bridge, or on Node 22.18 and newer `node examples/realtime-bridge.ts`.
// Outside this checkout, import from 'hookswitch/transports'.
//
// https://developers.openai.com/api/reference/resources/realtime/client-events and
// https://developers.openai.com/api/docs/guides/realtime-conversations (read 2026-11-21)
import { createServer } from 'node:http';
import { z } from 'zod';
import {
  TelephonyFrameSerializer,
  WebsocketClientTransport,
  WebsocketServerTransport,
  type FrameSerializer,
  type InputFrame,
  type OutputFrame,
  type Payload,
} from '../transports/index.ts';

const { REALTIME_URL = 'wss://api.openai.com/v1/realtime?model=gpt-realtime', OPENAI_API_KEY = '' } =
  process.env;
const sampleRate = 24_000; // the only one for audio/pcm
const format = { type: 'audio/pcm', rate: sampleRate };
const sessionUpdate = {
  type: 'session.update',
  session: {
    type: 'realtime',
    output_modalities: ['audio'],
    instructions: 'You answer a telephone. Be brief.',
    audio: { input: { format, turn_detection: { type: 'server_vad' } }, output: { format } },
  },
};

const event = z.object({
  type: z.string(),
  item_id: z.string().optional(),
  delta: z.string().optional(),
  error: z.object({ message: z.string() }).optional(),
});

/** The model's events as frames. */
class RealtimeSerializer implements FrameSerializer {
  readonly bareAudio = true;
  /** What the model says now: it is told how much of it was heard when somebody interrupts. */
  #item: { readonly id: string; readonly began: number; bytes: number } | null = null;

  serialize(frame: OutputFrame): string | null {
    if (frame.type === 'message') return JSON.stringify(frame.message);
    if (frame.type === 'interruption') return this.#truncate();
    if (frame.type !== 'audio') return null;
    return JSON.stringify({
      type: 'input_audio_buffer.append',
      audio: Buffer.from(frame.audio).toString('base64'),
    });
  }

  deserialize(data: Payload): InputFrame | null {
    const { type, item_id, delta = '', error } = event.parse(JSON.parse(String(data)));
    if (type === 'error') return { type: 'error', code: type, detail: error?.message ?? 'no reason given' };
    if (type === 'input_audio_buffer.speech_started') return { type: 'interruption' };
    if (type !== 'response.output_audio.delta') return null;
    const audio = Buffer.from(delta, 'base64');
    if (item_id !== undefined && this.#item?.id !== item_id) {
      this.#item = { id: item_id, began: Date.now(), bytes: 0 };
    }
    if (this.#item) this.#item.bytes += audio.length;
    return { type: 'audio', audio, sampleRate, numChannels: 1 };
  }

  #truncate(): string | null {
    if (!this.#item) return null;
    const { id, began, bytes } = this.#item;
    this.#item = null;
    const audio_end_ms = Math.floor(Math.min(Date.now() - began, (bytes / 2 / sampleRate) * 1000));
    return JSON.stringify({
      type: 'conversation.item.truncate',
      item_id: id,
      content_index: 0,
      audio_end_ms,
    });
  }
}

const server = createServer((_, response) => response.end('ok'));
const transport = new WebsocketServerTransport({
  server,
  path: '/ws',
  params: { serializer: () => new TelephonyFrameSerializer(), audioInSampleRate: sampleRate },
  async onClientConnected(caller) {
    const model = new WebsocketClientTransport({
      uri: REALTIME_URL,
      params: {
        serializer: new RealtimeSerializer(),
        additionalHeaders: { authorization: `Bearer ${OPENAI_API_KEY}` },
        maxMessageBytes: 16 * 1024 * 1024,
      },
      async onConnected(session) {
        for await (const frame of session.frames) {
          if (frame.type === 'audio' || frame.type === 'interruption') await caller.send(frame);
          if (frame.type === 'interruption') await session.send(frame);
          if (frame.type === 'error') process.stderr.write(`the model: ${frame.detail}\n`);
        }
      },
      // Not with 1000: the gateway lets the caller hear its fallback.
      onDisconnected: () => caller.close(1011, 'the model is gone'),
    });
    const session = await model.connect();
    await session.send({ type: 'message', message: sessionUpdate });
    for await (const frame of caller.frames) {
      if (frame.type === 'start')
        await session.send({ type: 'message', message: { type: 'response.create' } });
      if (frame.type === 'audio') await session.send(frame);
    }
    await model.disconnect();
  },
});
server.listen(Number(process.env['PORT'] ?? 7861), '127.0.0.1');
await transport.start();
process.stdout.write(`${transport.url}\n`);
