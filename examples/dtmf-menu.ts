// A menu: 1 and 2 play a melody each, 9 says goodbye, every other key is an error. Keys interrupt what is playing.
// `npm run example dtmf-menu`, or on Node 22.18 and newer `node examples/dtmf-menu.ts`.
// Outside this checkout, import from 'hookswitch/transports'.
import { createServer } from 'node:http';
import {
  TelephonyFrameSerializer,
  WebsocketServerTransport,
  toAudio,
  type AudioFrame,
} from '../transports/index.ts';

const sampleRate = 16_000;
const welcome = melody([440, 554, 659]);
const sorry = melody([220, 208]);
const goodbye = melody([659, 554, 440]);
const menu: Readonly<Record<string, AudioFrame>> = {
  '1': melody([523, 659, 784, 1047]),
  '2': melody([1047, 784, 659, 523]),
  '9': goodbye,
};

/** One sine after the other, 150 ms each. */
function melody(hertz: readonly number[]): AudioFrame {
  const length = sampleRate * 0.15;
  const samples = Int16Array.from({ length: hertz.length * length }, (_, index) => {
    const at = index % length;
    const fade = Math.min(1, at / 80, (length - at) / 80);
    return 8000 * fade * Math.sin((2 * Math.PI * (hertz[Math.floor(index / length)] ?? 0) * at) / sampleRate);
  });
  return { type: 'audio', audio: toAudio(samples, 'l16'), sampleRate, numChannels: 1 };
}

const server = createServer((_, response) => response.end('ok'));
const transport = new WebsocketServerTransport({
  server,
  path: '/ws',
  params: { serializer: () => new TelephonyFrameSerializer(), sessionTimeout: 300 },
  async onClientConnected(session) {
    for await (const frame of session.frames) {
      if (frame.type === 'start') await session.send(welcome);
      if (frame.type === 'dtmf') {
        await session.send({ type: 'interruption' });
        await session.send(menu[frame.digit] ?? sorry);
        // The carrier sends the mark back once all before it was played.
        if (frame.digit === '9') await session.send({ type: 'mark', name: 'goodbye' });
      }
      if (frame.type === 'mark' && frame.name === 'goodbye') await session.send({ type: 'end' });
    }
  },
  async onSessionTimeout(session) {
    await session.send({ type: 'end' });
  },
});
server.listen(Number(process.env['PORT'] ?? 7861), '127.0.0.1');
await transport.start();
process.stdout.write(`${transport.url}\n`);
