import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { plivo, telnyx, twilio } from '../../providers/index.ts';
import type { ProviderModule } from '../../shared/provider.ts';
import type { CallerSource } from '../../simulator/caller-source.ts';
import type { CallOptions } from '../../simulator/place-call.ts';

export const modules: readonly ProviderModule[] = [twilio, plivo, telnyx];

/** A webhook that answers in turn; the last answer stays. */
export interface Webhook {
  readonly url: string;
  readonly requests: { method: string; url: string; headers: IncomingMessage['headers']; body: string }[];
  close(): Promise<void>;
}

export interface Answer {
  readonly status?: number;
  readonly type?: string;
  readonly headers?: Record<string, string>;
  readonly body: string;
}

export async function startWebhook(...answers: Answer[]): Promise<Webhook> {
  const requests: Webhook['requests'] = [];
  const listener: RequestListener = (request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      requests.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body });
      const answer = answers[Math.min(requests.length, answers.length) - 1]!;
      response.writeHead(answer.status ?? 200, {
        'content-type': answer.type ?? 'text/xml',
        ...answer.headers,
      });
      response.end(answer.body);
    });
  };
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${portOf(server)}/webhooks/any`, requests, close: () => close(server) };
}

export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

export async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

/** The document with which each carrier opens a stream, and then goes on with `after`. */
export function streamDocument(provider: string, url: string, after = '<Hangup/>'): string {
  const streams: Record<string, string> = {
    twilio: `<Connect><Stream url="${url}"/></Connect>`,
    plivo:
      '<Stream bidirectional="true" keepCallAlive="true" audioTrack="inbound" ' +
      `contentType="audio/x-mulaw;rate=8000">${url}</Stream>`,
    telnyx:
      `<Connect><Stream url="${url}" track="inbound_track" codec="PCMU" bidirectionalMode="rtp" ` +
      'bidirectionalCodec="PCMU" bidirectionalSamplingRate="8000" enableReconnect="false"/></Connect>',
  };
  return `<?xml version="1.0" encoding="UTF-8"?><Response>${streams[provider]}${after}</Response>`;
}

/** Noise in bursts of uneven length, loud enough to be a voice and like nothing else. */
export function speech(seconds: number, quiet = 0): Int16Array {
  let seed = 1;
  return Int16Array.from({ length: seconds * 8000 }, (_, index) => {
    seed = (seed * 48_271) % 2_147_483_647;
    const t = index / 8000;
    const isLoud = t >= quiet && Math.sin(t * 7) + Math.sin(t * 11.3) > 0;
    return isLoud ? Math.round((seed / 2_147_483_647 - 0.5) * 16_000) : 0;
  });
}

export function callOptions(
  provider: CallOptions['provider'],
  webhook: string,
  source: Partial<CallerSource>,
): CallOptions {
  return {
    provider,
    env: provider.inventCredentials(),
    webhook: { url: webhook, method: 'POST' },
    from: '+15551230001',
    to: '+15551230000',
    source: { samples: new Int16Array(0), digits: [], ...source },
    speed: 'max',
  };
}
