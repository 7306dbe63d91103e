/** A process full of bots: one WebSocket server, told over IPC what each of its ends shall do. */
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { WebSocketServer } from 'ws';
import { recordTo } from './judge/records.ts';
import { randomOf } from './random.ts';
import { talker, type Act, type Talker } from './talker.ts';

export interface BotOrder {
  /** Absent: all of them. */
  readonly call?: string;
  readonly act: Act;
}

const [file = '', port = '0', seed = '0', pace = '300'] = process.argv.slice(2);
const record = recordTo(file);
const random = randomOf(Number(seed));
const talkers = new Map<string, Talker>();
const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });

const server = createServer();
server.on('upgrade', (request, wire, head) => {
  wire.on('error', () => {});
  const call = callOf(request.url ?? '');
  sockets.handleUpgrade(request, wire, head, (socket) => {
    const options = { call, side: 'bot', socket, wire: wire as Socket, record } as const;
    talkers.set(call, talker({ ...options, random: random.fork(call), pace: Number(pace) }));
    socket.once('close', () => talkers.delete(call));
    process.send?.({ opened: call });
  });
});
server.listen(Number(port), '127.0.0.1');
await once(server, 'listening');

process.on('message', ({ call, act }: BotOrder) => {
  if (call !== undefined) talkers.get(call)?.act(act);
  else for (const each of talkers.values()) each.act(act);
});
process.once('disconnect', () => process.exit());
process.send?.({ port: (server.address() as AddressInfo).port });

/** From the session's body, as the gateway hands it on in `?body=<base64 JSON>`: a name, or what a webhook tells of a call. */
function callOf(url: string): string {
  const encoded = new URL(url, 'ws://bot').searchParams.get('body') ?? '';
  const { call } = JSON.parse(Buffer.from(encoded, 'base64').toString()) as { call: string | { id: string } };
  return typeof call === 'string' ? call : call.id;
}
