import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { z } from 'zod';

/**
 * The /start of Pipecat Cloud as its OpenAPI description has it, strict where a server may be.
 *
 * @see https://docs.pipecat.ai/api-reference/pipecat-cloud/rest-reference/openapi-start.json (read 2026-11-21)
 */
const StartRequest = z.strictObject({
  createDailyRoom: z.boolean().optional(),
  dailyRoomProperties: z.record(z.string(), z.unknown()).optional(),
  dailyMeetingTokenProperties: z.record(z.string(), z.unknown()).optional(),
  enableDefaultIceServers: z.boolean().optional(),
  transport: z.enum(['daily', 'webrtc', 'websocket']).optional(),
  body: z.record(z.string(), z.unknown()).optional(),
});

const started = {
  token: 'eyJzaCI6Im15LWFnZW50Lm15LW9yZyJ9.dGVzdC1zaWduYXR1cmU',
  wsUrl: 'wss://us-west.api.pipecat.daily.co/ws/generic/my-agent.my-org',
  sessionId: '639f91d8-d511-4677-a83b-bd7564d5d92f',
};

export interface PipecatCloud {
  readonly url: string;
  readonly publicKey: string;
  /** The stream address that a call should get. */
  readonly streamUrl: string;
  readonly close: () => Promise<void>;
}

export async function pipecatCloud(publicKey: string): Promise<PipecatCloud> {
  const server = createServer((asked, answer) => {
    void reply(asked, answer, publicKey);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    publicKey,
    streamUrl: `${started.wsUrl}/${started.token}`,
    close: async () => {
      server.close();
      await once(server, 'close');
    },
  };
}

async function reply(asked: IncomingMessage, answer: ServerResponse, publicKey: string): Promise<void> {
  const { status, said } = answerTo(asked, await text(asked), publicKey);
  answer.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(said));
}

function answerTo(
  { url, method, headers }: IncomingMessage,
  body: string,
  publicKey: string,
): { readonly status: number; readonly said: object } {
  const refused = (status: number, error: string) => ({ status, said: { error, code: `${status}` } });
  if (url !== '/v1/public/my-agent/start' || method !== 'POST') return refused(404, 'no such route');
  if (headers.authorization !== `Bearer ${publicKey}`) return refused(401, 'no such key');
  if (!StartRequest.safeParse(JSON.parse(body)).success) return refused(400, 'Invalid request');
  return { status: 200, said: started };
}
