import { once } from 'node:events';
import { createServer } from 'node:http';
import { toAudio, toSamples } from '../../shared/audio.ts';
import {
  ProtobufFrameSerializer,
  TwilioFrameSerializer,
  WebsocketServerTransport,
  type FrameSerializer,
  type InputFrame,
  type Session,
} from '../../transports/index.ts';
import { botSays } from './sound.ts';

/** One visitor as the bot heard it. */
export interface Visit {
  readonly session: Session;
  /** Frames that are no audio, in order. */
  readonly frames: readonly InputFrame[];
  readonly errors: readonly unknown[];
  readonly rate: () => number;
  readonly heard: () => Int16Array;
}

export interface SpeakingBot {
  readonly url: string;
  readonly visits: readonly Visit[];
  close(): Promise<void>;
}

interface Ear {
  readonly frames: InputFrame[];
  readonly errors: unknown[];
  readonly audio: Uint8Array[];
  rate: number;
}

/** Answers Pipecat's client, and says its sentence once. `rate`: Hz, of what it says. */
async function speakingBot(
  serializer: () => FrameSerializer,
  words: Int16Array,
  rate: number,
): Promise<SpeakingBot> {
  const server = createServer();
  const ears = new Map<Session, Ear>();
  const visits: Visit[] = [];
  const transport = new WebsocketServerTransport({
    server,
    path: '/ws',
    params: { serializer },
    onError: (error, session) => ears.get(session)?.errors.push(error),
    async onClientConnected(session) {
      const ear: Ear = { frames: [], errors: [], audio: [], rate: 0 };
      ears.set(session, ear);
      visits.push(visitOf(session, ear));
      for await (const frame of session.frames) {
        if (frame.type === 'audio') {
          ear.audio.push(frame.audio);
          ear.rate = frame.sampleRate;
          continue;
        }
        ear.frames.push(frame);
        if (!isReady(frame) && frame.type !== 'start') continue;
        if (isReady(frame)) await session.send({ type: 'message', message: botReady(frame.message.id) });
        await session.send({ type: 'audio', audio: toAudio(words, 'l16'), sampleRate: rate, numChannels: 1 });
      }
    },
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  await transport.start();
  return {
    url: transport.url,
    visits,
    async close() {
      await transport.cancel();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function visitOf(session: Session, ear: Ear): Visit {
  return {
    session,
    frames: ear.frames,
    errors: ear.errors,
    rate: () => ear.rate,
    heard: () => toSamples(Buffer.concat(ear.audio), 'l16'),
  };
}

type ClientReady = InputFrame & { readonly type: 'message'; readonly message: { readonly id: string } };

/** @see https://docs.pipecat.ai/client/rtvi-standard (read 2026-11-21) */
function isReady(frame: InputFrame): frame is ClientReady {
  if (frame.type !== 'message' || !(frame.message instanceof Object)) return false;
  return 'type' in frame.message && frame.message.type === 'client-ready' && 'id' in frame.message;
}

function botReady(id: string): object {
  return { label: 'rtvi-ai', type: 'bot-ready', id, data: { version: '2.1.0' } };
}

/** `words`: at SPEAKER_RATE, because Pipecat's client plays all audio at that rate, whatever its frames say. */
export function protobufBot(words: Int16Array, rate: number): Promise<SpeakingBot> {
  return speakingBot(() => new ProtobufFrameSerializer(), words, rate);
}

/** Twilio's messages, as far as Pipecat's client writes them. */
export function twilioBot(): Promise<SpeakingBot> {
  return speakingBot(() => new TwilioFrameSerializer(), botSays, 8000);
}
