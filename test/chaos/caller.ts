import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import { openings } from './carrier-openings.ts';
import type { GatewayProcess } from './gateway-process.ts';
import type { Recorder } from './judge/records.ts';
import type { Random } from './random.ts';
import { talker, type Talker } from './talker.ts';

export interface CallOptions {
  readonly id: string;
  /** An agent's name. */
  readonly agent: string;
  /** generic, or a carrier. */
  readonly endpoint: string;
  readonly gateway: Pick<GatewayProcess, 'start'>;
  readonly record: Recorder;
  readonly random: Random;
  readonly pace: number;
}

export interface PlacedCall {
  readonly talker: Talker;
  /** Its own port. */
  readonly port: number;
  readonly closed: Promise<void>;
}

/** Starts a session and opens its socket. Null when the gateway refuses, which is on record. */
export async function placeCall(options: CallOptions): Promise<PlacedCall | null> {
  const { id, agent, endpoint, gateway, record, random, pace } = options;
  const transport = endpoint === 'generic' ? 'websocket' : endpoint;
  const {
    wsUrl,
    token,
    opening = openings[endpoint] ?? [],
  } = await gateway.start(agent, transport, { call: id });
  const socket = new WebSocket(`${wsUrl}/${token}`, { perMessageDeflate: false });
  const closed = new Promise<void>((resolve) => void socket.once('close', () => resolve()));
  let wire: Socket | undefined;
  socket.once('upgrade', (response) => {
    wire = response.socket;
  });
  const answer = await new Promise<Talker | number>((resolve) => {
    // At once: the bot's greeting may come with the answer itself.
    socket.once('open', () =>
      resolve(wire ? talker({ call: id, side: 'caller', socket, wire, record, random, pace }) : 0),
    );
    socket.once('error', () => resolve(0));
    socket.once('unexpected-response', (_, response: IncomingMessage) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
  });
  if (typeof answer === 'number') {
    record({ kind: 'refused', call: id, status: answer, at: Date.now() });
    return null;
  }
  for (const text of opening) answer.say({ data: Buffer.from(text), text: true });
  return { talker: answer, port: wire?.localPort ?? 0, closed };
}
