import { PipecatClient, RTVIError, type RTVIMessage } from '@pipecat-ai/client-js';
import { TwilioSerializer, WavMediaManager, WebSocketTransport } from '@pipecat-ai/websocket-transport';
import type { Kind, Outcome, Stage } from '../stage.ts';
import { call } from './call.ts';
import { hush, played } from './speaker.ts';

/** Plays 8 kHz, which WavMediaManager cannot: its loudspeaker has 24 kHz. */
class TelephoneMedia extends WavMediaManager {
  override bufferBotAudio(audio: ArrayBuffer | Int16Array): Int16Array {
    const samples = new Int16Array(audio);
    return super.bufferBotAudio(
      Int16Array.from({ length: samples.length * 3 }, (_, at) => samples[Math.floor(at / 3)] ?? 0),
    );
  }
}

const happened: string[] = [];
let client: PipecatClient | null = null;

function transportOf(kind: Kind): WebSocketTransport {
  if (kind === 'bare') return new WebSocketTransport();
  if (kind === 'usual') return new WebSocketTransport({ mediaManager: new WavMediaManager(640, 16_000) });
  return new WebSocketTransport({
    serializer: new TwilioSerializer(),
    recorderSampleRate: 8000,
    mediaManager: new TelephoneMedia(320, 8000),
  });
}

/** What Twilio says first. The stock serializer does not, and the gateway lets nobody in without. */
function greet(transport: WebSocketTransport): void {
  const start = {
    accountSid: 'AC00000000000000000000000000000000',
    streamSid: 'MZ00000000000000000000000000000000',
    callSid: 'CA00000000000000000000000000000000',
    tracks: ['inbound'],
    mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
    customParameters: {},
  };
  transport.sendRawMessage({ event: 'connected', protocol: 'Call', version: '1.0.0' });
  transport.sendRawMessage({ event: 'start', sequenceNumber: '1', start, streamSid: start.streamSid });
}

function create(kind: Kind): void {
  const transport = transportOf(kind);
  client = new PipecatClient({
    transport,
    callbacks: {
      onTransportStateChanged(state) {
        happened.push(state);
        if (kind === 'twilio' && state === 'connected') greet(transport);
      },
      onError: ({ data }: RTVIMessage) => happened.push(JSON.stringify(data)),
      onBotStarted: (answer) => happened.push(JSON.stringify(answer)),
    },
  });
}

async function outcome(doing: () => Promise<unknown>): Promise<Outcome> {
  try {
    await doing();
    return { error: null, status: null };
  } catch (error) {
    const { status = null } = error instanceof RTVIError ? error : {};
    return { error: error instanceof Error ? error.message : String(error), status };
  }
}

const stage: Stage = {
  create,
  call: (endpoint) =>
    outcome(async () => {
      client = await call(endpoint, (why) => happened.push(why));
    }),
  start: (request) => outcome(async () => client?.startBotAndConnect(request)),
  connect: (params) => outcome(async () => client?.connect(params)),
  disconnect: () => outcome(async () => client?.disconnect()),
  state: () => client?.state ?? '',
  happened: () => happened,
  played,
  hush,
};
Object.assign(globalThis, { stage });
