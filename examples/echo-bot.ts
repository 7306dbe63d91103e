// Says back what it hears, to callers of any carrier. `npm run example echo-bot`, or on Node 22.18 and newer `node examples/echo-bot.ts`.
// Outside this checkout, import from 'hookswitch/transports'.
import { createServer } from 'node:http';
import { TelephonyFrameSerializer, WebsocketServerTransport } from '../transports/index.ts';

const server = createServer((_, response) => response.end('ok'));
const transport = new WebsocketServerTransport({
  server,
  path: '/ws',
  params: { serializer: () => new TelephonyFrameSerializer() },
  async onClientConnected(session) {
    for await (const frame of session.frames) {
      if (frame.type === 'start') process.stdout.write(`a call over ${frame.provider}\n`);
      if (frame.type === 'audio') await session.send(frame);
      if (frame.type === 'dtmf' && frame.digit === '#') await session.send({ type: 'end' });
    }
  },
});
server.listen(Number(process.env['PORT'] ?? 7861), '127.0.0.1');
await transport.start();
process.stdout.write(`${transport.url}\n`);
